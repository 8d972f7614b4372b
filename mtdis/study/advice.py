"""What the tables and figures of an experiment show of the fields that it sweeps, said before
anything is run.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from mtdis import discover
from mtdis.specs.ids import flatten
from mtdis.specs.run import Run
from mtdis.study.experiments import OUTPUTS, Experiment

ONE_FIELD: Mapping[str, tuple[str, ...]] = {"figures": ("along",), "tables": ("effects", "runs")}
TWO_FIELDS: Mapping[str, tuple[str, ...]] = {"figures": ("grid",)}
"""The outputs that show whatever is swept; those that need two fields."""
SEED = "seed"
"""How the names of fields end that are other seeds."""
NO_FIELDS = ("kind", "seed", "dataset.name")
"""What no output goes along: each has kinds and datasets beside each other, and averages seeds."""


def swept_fields(runs: Iterable[Run]) -> dict[str, int]:
    """The fields that vary among the runs of a kind on a dataset, with how many values the one of
    them that has most has there; without seeds that are zipped with the model's.
    """
    values: dict[tuple[str, str, str], set[str]] = {}
    partners: dict[tuple[str, str], set[int | str]] = {}
    for run in runs:
        for path, value in flatten(run.resolved()):
            if path not in NO_FIELDS:
                values.setdefault((run.name(), run.dataset.title, path), set()).add(repr(value))
                partners.setdefault((path, repr(value)), set()).add(run.seed)
                partners.setdefault((path, f"seed {run.seed}"), set()).add(repr(value))
    crossed = {path for (path, _), others in partners.items() if len(others) > 1}
    counts: dict[str, int] = {}
    for (_, _, path), each in values.items():
        if len(each) > 1 and (path in crossed or not path.endswith(SEED)):
            counts[path] = max(counts.get(path, 0), len(each))
    return counts


def notes(experiment: Experiment) -> list[str]:
    """What tables and figures that follow swept fields would not show, for lack of them."""
    swept = swept_fields(experiment.runs)
    said = []
    for key, name, wanted in _followers(experiment):
        thing = f"{key.removesuffix('s')} {name}"
        if isinstance(wanted, str):
            if wanted not in swept:
                said.append(
                    f"{thing} would hold one point per panel: {wanted} has one value; give it a"
                    f" list or leave {name} out"
                )
        elif len(swept) < wanted:
            there = f"only {', '.join(swept)} varies" if swept else "no field varies"
            said.append(
                f"{thing} would show nothing: {there} among the runs of a kind on a dataset; give"
                f" {'another field' if swept else 'a field'} a list or leave {name} out"
            )
    return said


def suggestions(experiment: Experiment) -> dict[str, list[str]]:
    """The swept fields that no output shows as `fields`, and the `figures` and `tables` of an
    experiment that would beside those that it has; empty where every field is shown.
    """
    swept = swept_fields(experiment.runs)
    followed = {wanted for _, _, wanted in _followers(experiment)}
    if followed & {0, 1} or (2 in followed and len(swept) == 2):
        return {}
    shown = followed | _read(experiment)
    hidden = [path for path in swept if path not in shown]
    if not hidden:
        return {}
    each = {key: list(ONE_FIELD[key]) for key in ONE_FIELD}
    if len(swept) > 1:
        each["figures"] += TWO_FIELDS["figures"]
    return {"fields": hidden} | {key: [*getattr(experiment, key), *each[key]] for key in each}


def _followers(experiment: Experiment) -> list[tuple[str, str, Any]]:
    """The outputs that follow swept fields, with how many they need (True is 1) or the one that
    they follow: their constant SWEEPS.
    """
    found = []
    for key in OUTPUTS:
        for name in getattr(experiment, key):
            wanted = discover.constant(f"mtdis.reporting.{key}", name, "SWEEPS")
            if wanted is not None:
                found.append((key, name, wanted))
    return found


def _read(experiment: Experiment) -> set[Any]:
    """The fields that outputs are about: their constants READS, and those whose values are rows of
    them, ROWS_OF.
    """
    found: set[Any] = set()
    for key in OUTPUTS:
        for name in getattr(experiment, key):
            package = f"mtdis.reporting.{key}"
            found.add(discover.constant(package, name, "READS"))
            found |= set(discover.constant(package, name, "ROWS_OF") or ())
    return found
