"""What a study is: its runs, what became of them, what they took, and what made them."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from mtdis.progress import duration

SECONDS = 3600


class Standing(NamedTuple):
    """What became of the runs, or of the stages, of a study."""

    all: int
    done: int
    """Those that are whole, with diverged networks among them or not."""
    diverged: int
    missing: int
    stale: int
    """Those that are there and can't be used: damaged, or of another version."""


class Facts(NamedTuple):
    """A study in numbers, and the programs and machines that made its results."""

    name: str
    runs: Standing
    stages: Standing
    unscored: int
    """Finished runs without all scores."""
    hours: float
    """Of training and stages, added up over jobs."""
    made_with: Mapping[str, tuple[str, ...]]
    """Program or kind of machine → the versions or names in the records, each once."""
    config: Mapping[str, Any]

    @property
    def complete(self) -> bool:
        """True if every run is there and scored, and every stage."""
        whole = all(each.done == each.all for each in (self.runs, self.stages))
        return whole and not self.unscored

    @property
    def sentences(self) -> list[str]:
        """The numbers of runs and stages in words, what is lost named."""
        runs = f"{counted(self.runs.all, 'run')}, {self.runs.done} done"
        stages = f"{counted(self.stages.all, 'stage')}, {self.stages.done} done"
        said = [f"{runs}{_lost(self.runs)}."]
        said += [f"{stages}{_lost(self.stages)}."] if self.stages.all else []
        unscored = counted(self.unscored, "finished run")
        said += [f"{unscored} without all scores."] if self.unscored else []
        spent = duration(SECONDS * self.hours)
        return [*said, f"{spent} of training and stages, added up over jobs."]


def counted(count: int, thing: str) -> str:
    """A number of things: `1 run`, `2,310 runs`, `no run`."""
    return f"{count or 'no':,} {thing}s" if count > 1 else f"{count or 'no'} {thing}"


def _lost(standing: Standing) -> str:
    lost = {
        f"with diverged networks{_of_done(standing)}": standing.diverged,
        "missing": standing.missing,
        "damaged or of another version": standing.stale,
    }
    return "".join(f", {count} {words}" for words, count in lost.items() if count)


def _of_done(standing: Standing) -> str:
    return " (counted, never averaged)" if standing.diverged else ""


def made_with(executions: Iterable[Mapping[str, Any]]) -> dict[str, tuple[str, ...]]:
    """What the records say under `execution`: commits, hashes of frozen programs, versions,
    processors and kernels, each value once, in the order of the records.
    """
    found: dict[str, dict[str, None]] = {}
    for execution in executions:
        single = {name: execution.get(name) for name in ("commit", "program", "python")}
        of_machine = ("machine", "processor", "device", "kernels")
        machine = {name: execution.get(name) for name in of_machine}
        for name, value in (single | execution.get("versions", {}) | machine).items():
            if value:
                found.setdefault(name, {})[str(value)] = None
    return {name: tuple(values) for name, values in found.items()}


def hours(executions: Iterable[Mapping[str, Any]]) -> float:
    """The hours of all jobs together."""
    return sum(float(execution.get("seconds", 0)) for execution in executions) / SECONDS
