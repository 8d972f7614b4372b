"""Packs: scores of finished runs that share one submission to a cluster.

Only of runs that are finished when the study starts: a pack waits for all of its inputs, so that
one training that fails would keep the others of its pack from being scored.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from mtdis import paths

OUTPUTS: Mapping[str, Callable[[str], str]] = {
    "scores": paths.scores,
    "calibrate": paths.calibration,
}
"""The rules whose jobs are packed, and the file that each makes of a run."""


@dataclass(frozen=True)
class Packs:
    """The jobs that share submissions, as (rule, run), and how many do so at most."""

    members: frozenset[tuple[str, str]] | None
    """None for all jobs: those that a job of the cluster is asked for are of one pack."""
    size: int

    @classmethod
    def of_study(cls, runs: Iterable[str], size: int, folder: Path) -> "Packs":
        """The packs of those runs that are finished in a folder and lack the file of a rule."""
        finished = [run for run in runs if size > 1 and (folder / paths.run(run)).exists()]
        found = (
            (rule, run)
            for rule, output in OUTPUTS.items()
            for run in finished
            if not (folder / output(run)).exists()
        )
        return cls(frozenset(found), size)

    @classmethod
    def of_job(cls, size: int) -> "Packs":
        """The packs as a job of the cluster knows them, which may be that of a pack."""
        return cls(None if size > 1 else frozenset(), size)

    def group(self, rule: str, run: str) -> str | None:
        """Snakemake's group of a job; None of one that is submitted by itself."""
        return rule if self.members is None or (rule, run) in self.members else None

    def minutes(self, rule: str, run: str, asked: int, longest: int) -> int:
        """The minutes that a job may ask for, of which a pack asks for the sum: its part of what
        one alone would ask for. What is computed stays, and each retry asks for more.

        0 as the longest is no limit.
        """
        allowed = min(asked, longest) if longest else asked
        return -(-allowed // self.size) if self.group(rule, run) else allowed
