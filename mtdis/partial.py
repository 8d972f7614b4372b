"""Tables of what is finished so far: which runs count, and how many are missing from each row."""

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from mtdis import inventory, long_table, paths
from mtdis.errors import ArtifactError
from mtdis.inventory import FINISHED, Found
from mtdis.records import read_json
from mtdis.specs.family import members
from mtdis.specs.identity import flatten, identify
from mtdis.specs.run import Run
from mtdis.specs.stage import Stage
from mtdis.statistics import kind_of
from mtdis.study import Study

MISSING = "missing"
"""The column that says how many runs a row lacks."""
Result = tuple[Run, Mapping[str, Any], Mapping[str, Any]]


def results(study: Study, experiment: str, found: Mapping[str, Found], folder: Path) -> tuple[list[Result], list[Run]]:
    """(run, record, score index) of the runs of an experiment that are finished and scored, and the other runs."""
    there, missing, rows = [], [], inventory.index_rows(study)
    for run_id in study.run_ids(experiment):
        index = _index(folder / paths.scores(run_id), run_id, rows) if found[run_id].standing in FINISHED else None
        if index is None:
            missing.append(study.runs[run_id])
        else:
            there.append((study.runs[run_id], found[run_id].record, index))
    return there, missing


def _index(path: Path, run_id: str, rows: Iterable[re.Pattern[bytes]]) -> Mapping[str, Any] | None:
    """A run's score index; None if it is not there, damaged, another run's, or lacks a metric of the study."""
    if not inventory.scored(path, rows):
        return None
    try:
        index = read_json(path, "mtdis scores")
    except ArtifactError:
        return None
    return index if index.get("run") == run_id else None


def stages(study: Study, experiment: str, folder: Path) -> list[tuple[Stage, Mapping[str, Any]]]:
    """(stage, record) of the finished stages of an experiment."""
    found = inventory.stages(study, folder)
    wanted = [(stage, found[identify(stage)]) for stage in study.experiments[experiment].stages]
    return [(stage, one.record) for stage, one in wanted if one.standing in FINISHED]


def frame_of(
    experiment: str, there: Iterable[Result], staged: Iterable[tuple[Stage, Mapping[str, Any]]]
) -> pd.DataFrame:
    """The long table of what is there."""
    return long_table.make(experiment, there, staged)


def with_missing(table: pd.DataFrame, missing: Sequence[Run]) -> pd.DataFrame:
    """The table and a column of how many missing runs would enter each row.

    A run enters the rows that name its kind, dataset and fields; columns that say nothing of runs are not asked.
    """
    told = [_told(run) for run in missing]
    counts = [sum(_enters(run, row) for run in told) for row in table.to_dict("records")]
    return table.assign(**{MISSING: counts})


def _told(run: Run) -> dict[str, str]:
    """What the columns of a table may say of a run, as text."""
    fields = {f"spec.{path}": _text(value) for path, value in flatten(run.resolved())}
    return fields | {"kind": run.name(), "dataset": run.dataset.title, "seed": str(run.seed)}


def _enters(run: Mapping[str, str], row: Mapping[Any, Any]) -> bool:
    kind = row.get("kind", row.get("row"))
    if isinstance(kind, str) and kind_of(kind) in members("models") and kind_of(kind) != run["kind"]:
        return False
    asked = {name: value for name, value in row.items() if name in run and name != "kind"}
    return all(pd.isna(value) or _text(value) == run[name] for name, value in asked.items())


def missing_text(table: pd.DataFrame) -> str:
    """How many runs the rows lack, once for each kind of row and dataset: `multi_head on dsprites_rendered lacks 2`."""
    named = [column for column in ("row", "kind", "dataset") if column in table]
    lacking = table[table[MISSING] > 0]
    if lacking.empty or not named:
        return ""
    most = lacking.groupby(named, dropna=False, sort=False)[MISSING].max()
    labels = [" on ".join(map(str, key if isinstance(key, tuple) else (key,))) for key in most.index]
    return "; ".join(f"{label} lacks {count}" for label, count in zip(labels, most, strict=True))


def _text(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        return " ".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


def nothing_of(missing: Sequence[Run], there: Iterable[Result]) -> list[str]:
    """The kinds and datasets of which nothing is finished: their rows are not in the tables."""
    done = {(run.name(), run.dataset.title) for run, _, _ in there}
    lost = dict.fromkeys((run.name(), run.dataset.title) for run in missing)
    return [f"{kind} on {dataset}" for kind, dataset in lost if (kind, dataset) not in done]
