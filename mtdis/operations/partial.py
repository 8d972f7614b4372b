"""Partial tables are of what is finished so far: which runs and stages count, and which are
missing.
"""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from mtdis import paths
from mtdis.artifacts.records import read_json
from mtdis.errors import ArtifactError
from mtdis.operations import inventory
from mtdis.operations.inventory import FINISHED, Found
from mtdis.specs.ids import identify
from mtdis.specs.run import Run
from mtdis.specs.stage import Stage
from mtdis.study import Study

if TYPE_CHECKING:  # it would import pandas
    from mtdis.reporting.long_table import Result


class Finished(NamedTuple):
    """What is there of an experiment."""

    runs: "list[Result]"
    """Those that are scored too."""
    missing: list[Run]
    stages: list[tuple[Stage, Mapping[str, Any]]]

    def told(self) -> dict[str, Any]:
        """How much there is; of tables nothing yet."""
        counts = {
            "runs": len(self.runs),
            "missing": len(self.missing),
            "nothing_of": self.nothing_of(),
        }
        return counts | {"files": [], "waiting": {}, "failed": {}}

    def nothing_of(self) -> list[str]:
        """The kinds and datasets of which nothing is finished: their rows are not in the tables."""
        done = {(run.name(), run.dataset.title) for run, _, _ in self.runs}
        lost = dict.fromkeys((run.name(), run.dataset.title) for run in self.missing)
        return [f"{kind} on {dataset}" for kind, dataset in lost if (kind, dataset) not in done]


def finished(
    study: Study,
    experiment: str,
    runs: Mapping[str, Found],
    stages: Mapping[str, Found],
    folder: Path,
) -> Finished:
    """What is there of an experiment, of the runs and stages of its study as `inventory` found
    them.
    """
    there, missing, rows = [], [], inventory.index_rows(study)
    for run_id in study.run_ids(experiment):
        index = (
            _index(folder / paths.scores(run_id), run_id, rows)
            if runs[run_id].standing in FINISHED
            else None
        )
        if index is None:
            missing.append(study.runs[run_id])
        else:
            there.append((study.runs[run_id], runs[run_id].record, index))
    wanted = [(stage, stages[identify(stage)]) for stage in study.experiments[experiment].stages]
    return Finished(
        there, missing, [(stage, one.record) for stage, one in wanted if one.standing in FINISHED]
    )


def _index(path: Path, run_id: str, rows: Iterable[re.Pattern[bytes]]) -> Mapping[str, Any] | None:
    """A run's score index.

    None if it is not there, damaged, another run's, or lacks a metric of the study.
    """
    if not inventory.scored(path, rows):
        return None
    try:
        index = read_json(path, "mtdis scores")
    except ArtifactError:
        return None
    return index if index.get("run") == run_id else None
