"""The long tidy table: one row per run, network, metric and key, with every resolved field of the
run beside it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import islice
from typing import Any

import numpy as np
import pandas as pd

from mtdis.artifacts.calibrations import CALIBRATED, NULLS
from mtdis.specs.cautions import INCOMPLETE_GRID
from mtdis.specs.expectation import symmetry
from mtdis.specs.ids import BETWEEN_FIELDS, flatten, identify
from mtdis.specs.metric import Metric
from mtdis.specs.run import Run
from mtdis.specs.stage import Stage

COLUMNS = (
    "experiment",
    "run",
    "kind",
    "dataset",
    "seed",
    "network",
    "trained_task",
    "task",
    "metric",
    "key",
    "settings",
    "metric_seed",
    "transform",
    "draw",
    "value",
    "diverged",
    "error",
    "replica_of",
    "unlike_paper",
    "symmetry",
    "stage",
    "stage_id",
)
NO_DIFFERENCE = ("kind", "dataset", "seed", "torch_threads")
"""What may differ from the paper without making a result another one."""
CHUNK = 100
"""Runs whose rows are in memory at once."""
OWNER = ["run", "stage_id"]
"""What a row belongs to."""
Row = Mapping[str, Any]
Result = tuple[Run, Mapping[str, Any], Mapping[str, Any]]
"""A run, its record and its score index."""
INTEGERS = ("seed", "trained_task", "task", "metric_seed", "draw")
OF_ROWS = (
    "network",
    "trained_task",
    "task",
    "metric",
    "key",
    "settings",
    "metric_seed",
    "transform",
    "draw",
    "value",
    "diverged",
    "error",
    "unlike_paper",
)
"""The columns in which the rows of one run differ; the others are repeated."""
NULL_COLUMNS = tuple(c for c in COLUMNS[:15] if c != "task")
"""The columns of the table of draws."""


def make(
    experiment: str,
    results: Iterable[Result],
    stages: Iterable[tuple[Stage, Mapping[str, Any]]] = (),
) -> pd.DataFrame:
    """The long table of (run spec, run record, score index) triples and of (stage spec, stage
    record) pairs.
    """
    triples = list(results)
    staged = [row for stage, record in stages for row in stage_rows(experiment, stage, record)]
    head = layout(experiment, [run for run, _, _ in triples], staged)
    parts = list(chunks(head, triples, staged))
    return pd.concat(parts, ignore_index=True) if parts else head.iloc[:0]


def layout(experiment: str, runs: Iterable[Run], staged: Iterable[Row]) -> pd.DataFrame:
    """The long table without values, a row per run and then those of stages: its columns and types
    are those of a frame of all rows.
    """
    blank: Row = {
        **dict.fromkeys(("network", "metric", "key", "settings", "unlike_paper"), ""),
        "diverged": False,
        **dict.fromkeys(("trained_task", "task", "metric_seed", "value")),
    }
    frame = pd.DataFrame(
        [*({**blank, **_about(experiment, run), **_fields(run)} for run in runs), *staged]
    )
    extra = sorted(c for c in frame.columns if c not in COLUMNS)
    return frame.reindex(columns=[*COLUMNS, *extra]).astype(
        dict.fromkeys(INTEGERS, "Int64") | {"value": "float64"}
    )


def chunks(
    head: pd.DataFrame, results: Iterable[Result], staged: Sequence[Row]
) -> Iterator[pd.DataFrame]:
    """The rows of runs, then those of stages, some runs at a time, with the columns and types of
    `head`.

    `head` is a layout with these runs and stages; it may have others too.
    """
    # Lines of stages name their run too, and come after it: of equals the first is the run's own.
    places = {run: place for place, run in reversed(list(enumerate(head["run"])))}
    triples = iter(results)
    while some := list(islice(triples, CHUNK)):
        rows = [list(run_rows(*triple)) for triple in some]
        owners = np.repeat([places[identify(run)] for run, _, _ in some], list(map(len, rows)))
        # the lines of the layout, repeated, with the columns OF_ROWS of these rows
        repeated = head.iloc[owners]
        own = pd.DataFrame([row for part in rows for row in part], columns=OF_ROWS)
        own = own.astype(repeated.dtypes[list(OF_ROWS)].to_dict())
        yield repeated.reset_index(drop=True).assign(**own)
    if staged:
        yield pd.DataFrame(staged, columns=head.columns).astype(head.dtypes.to_dict())


def run_rows(
    run: Run, record: Mapping[str, Any], index: Mapping[str, Any]
) -> Iterator[dict[str, Any]]:
    """The rows of one run in the columns OF_ROWS: its losses, then its scores."""
    own, plain = unlike(run), {"transform": "none", "draw": 0, "error": ""}
    for network in record["result"]["networks"]:
        yield from (plain | row | {"unlike_paper": own} for row in _loss_rows(run, network))
    grid = "" if run.dataset.complete else INCOMPLETE_GRID
    for row in index["rows"]:
        # of a calibrated metric the settings are those of the metric
        metric = unlike_metric(row["settings"], row["metric"].removesuffix(CALIBRATED))
        unlike_paper = ", ".join(filter(None, (own, grid, metric, row.get("note"))))
        trained_task = _trained_task(run, row["network"])
        yield row | {"trained_task": trained_task, "task": None, "unlike_paper": unlike_paper}


def null_rows(
    experiment: str, run: Run, network: str, metric: Metric, values: Mapping[str, Mapping[str, Any]]
) -> pd.DataFrame:
    """The scores of one network under every draw of its calibration, a row per key, transform and
    draw from 1, in NULL_COLUMNS.

    Those of a transform are its rotations; `permuted` are of the codes as they are. `values` are
    those of a calibrated score's file.
    """
    about = _about(experiment, run) | {
        "network": network,
        "trained_task": _trained_task(run, network),
        "metric": metric.name(),
        "settings": metric.settings_id,
        "metric_seed": metric.seed,
    }
    parts = [
        pd.DataFrame(
            about
            | {
                "key": key,
                "transform": null.removeprefix("rotated_"),
                "draw": np.arange(1, len(held[null]) + 1),
                "value": np.asarray(held[null], np.float64),
            },
            columns=NULL_COLUMNS,
            index=range(len(held[null])),
        )
        for key, held in values.items()
        for null in NULLS
    ]
    return pd.concat([no_nulls(), *parts], ignore_index=True)


def no_nulls() -> pd.DataFrame:
    """A table of draws without a row, with its columns and types."""
    numbers = dict.fromkeys(INTEGERS, "Int64") | {"value": "float64"}
    types = {name: numbers.get(name, "object") for name in NULL_COLUMNS}
    return pd.DataFrame(columns=NULL_COLUMNS).astype(types)


def _about(experiment: str, run: Run) -> dict[str, Any]:
    return {
        "experiment": experiment,
        "run": identify(run),
        "kind": run.name(),
        "dataset": run.dataset.title,
        "seed": run.seed,
        "replica_of": run.dataset.replica_of,
        "transform": "none",
        "draw": 0,
        "error": "",
        "symmetry": symmetry(run),
        "stage": "",
        "stage_id": "",
    }


def _fields(run: Run) -> dict[str, Any]:
    return {
        f"spec.{path}": as_cell(value)
        for path, value in flatten(run.resolved())
        if path not in ("kind", "seed")
    }


def stage_rows(
    experiment: str, stage: Stage, record: Mapping[str, Any]
) -> Iterator[dict[str, Any]]:
    """The values of a stage beside the fields of the run that it stands on; one row without value
    if it diverged.

    The stage's own settings stand in columns `stage.<field>`.
    """
    run, result = stage.run, record["result"]
    network = getattr(stage, "network", "")
    about = {
        "stage": stage.name(),
        "stage_id": record["id"],
        "network": network,
        "settings": "",
        "unlike_paper": "",
    }
    if run is None:
        about |= {
            "experiment": experiment,
            "run": "",
            "dataset": stage.dataset.title,
            "transform": "none",
            "draw": 0,
        }
    else:
        about = (
            _about(experiment, run)
            | _fields(run)
            | about
            | {"trained_task": _trained_task(run, network)}
        )
    own = {k: v for k, v in record["spec"].items() if k not in ("stage", "parent", "network")}
    about |= {f"stage.{path}": as_cell(value) for path, value in flatten(own)}
    nothing = {"metric": stage.name(), "key": "", "value": None}
    for row in result["rows"] or [nothing]:
        yield about | {"task": None, "diverged": result["diverged"]} | row


def _loss_rows(run: Run, network: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    trained_task = _trained_task(run, network["network"])
    for part, losses in network["losses"].items():
        for metric, values in losses.items():
            for task, value in enumerate(values, start=1):
                yield {
                    "network": network["network"],
                    "trained_task": trained_task,
                    "task": task,
                    "metric": metric,
                    "key": part,
                    "settings": "",
                    "metric_seed": None,
                    "value": value,
                    "diverged": network["diverged"],
                }


def _trained_task(run: Run, network: str) -> int | None:
    """The task of a network that learned one only."""
    tasks = run.trained_tasks(network)
    return tasks[0] if run.name() == "single_task" else None


def unlike(run: Run) -> str:
    """The fields of a run that differ from the paper's settings, as text; empty if none does."""
    fields = [
        (p, v)
        for p, v in flatten(run.elided())
        if p not in NO_DIFFERENCE and p.rpartition(".")[2] != "version"
    ]
    return ", ".join(f"{path}={as_cell(value)}" for path, value in fields)


@lru_cache(maxsize=1024)  # a study has few settings and many rows
def unlike_metric(settings: str, metric: str) -> str:
    """The settings of a metric that differ from the study's, as text; a version of our code is
    none.
    """
    fields = settings.removeprefix(metric).lstrip(BETWEEN_FIELDS).split(BETWEEN_FIELDS)
    return ", ".join(field for field in fields if not field.startswith("version="))


def as_cell(value: Any) -> Any:
    """A field's value as a cell of the long table: a list is one text."""
    return " ".join(map(str, value)) if isinstance(value, (list, tuple)) else value


Owners = dict[tuple[str, str], tuple[int, str]]
"""(run, stage) → the first table that has its rows, and the names of all experiments that want
them.
"""


def wanted_by(tables: Iterable[pd.DataFrame]) -> Owners:
    """The owners of each run and stage, from tables with the columns of OWNER and `experiment`.

    Every experiment of a study wants all rows of a run or stage, and they are the same in each.
    """
    first: dict[tuple[str, str], int] = {}
    names: dict[tuple[str, str], dict[str, None]] = {}
    for place, table in enumerate(tables):
        for run, stage, experiment in table.drop_duplicates().itertuples(index=False):
            first.setdefault((run, stage), place)
            names.setdefault((run, stage), {})[experiment] = None
    return {key: (first[key], ";".join(names[key])) for key in first}


def first_owned(part: pd.DataFrame, wanted: Owners, place: int) -> pd.DataFrame:
    """The rows of a table, or of a part of it, that no earlier table has, named by all experiments
    that want them.
    """
    owners = [wanted[key] for key in part[OWNER].itertuples(index=False, name=None)]
    kept = [first == place for first, _ in owners]
    return part.assign(experiment=[names for _, names in owners])[kept]
