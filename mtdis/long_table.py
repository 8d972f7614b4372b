"""The long tidy table: one row per run, network, metric and key, with every resolved field of the run beside it."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import pandas as pd

from mtdis.specs.identity import flatten, identify
from mtdis.specs.run import Run
from mtdis.specs.stage import Stage

COLUMNS = (
    "experiment", "run", "kind", "dataset", "seed", "network", "trained_task", "task", "metric", "key", "settings",
    "metric_seed", "transform", "draw", "value", "diverged", "error", "replica_of", "unlike_paper", "stage", "stage_id",
)  # fmt: skip
NO_DIFFERENCE = ("kind", "dataset", "seed", "torch_threads")
"""What may differ from the paper without making a result another one."""
INTEGERS = ("seed", "trained_task", "task", "metric_seed", "draw")


def make(
    experiment: str,
    results: Iterable[tuple[Run, Mapping[str, Any], Mapping[str, Any]]],
    stages: Iterable[tuple[Stage, Mapping[str, Any]]] = (),
) -> pd.DataFrame:
    """The long table of (run spec, run record, score index) triples and of (stage spec, stage record) pairs."""
    rows = [row for run, record, index in results for row in run_rows(experiment, run, record, index)]
    rows += [row for stage, record in stages for row in stage_rows(experiment, stage, record)]
    frame = pd.DataFrame(rows)
    extra = sorted(c for c in frame.columns if c not in COLUMNS)
    frame = frame.reindex(columns=[*COLUMNS, *extra])
    return frame.astype(dict.fromkeys(INTEGERS, "Int64") | {"value": "float64"})


def run_rows(
    experiment: str, run: Run, record: Mapping[str, Any], index: Mapping[str, Any]
) -> Iterator[dict[str, Any]]:
    """The rows of one run: its losses, then its scores."""
    about, fields = _about(experiment, run), _fields(run)
    for network in record["result"]["networks"]:
        yield from (about | row | {"unlike_paper": unlike(run)} | fields for row in _loss_rows(run, network))
    for row in index["rows"]:
        network_row = {"trained_task": _trained_task(run, row["network"]), "task": None}
        metric = unlike_metric(row["settings"], row["metric"])
        unlike_paper = ", ".join(filter(None, (unlike(run), metric)))
        yield about | network_row | row | {"unlike_paper": unlike_paper} | fields


def _about(experiment: str, run: Run) -> dict[str, Any]:
    return {
        "experiment": experiment, "run": identify(run), "kind": run.name(), "dataset": run.dataset.name(),
        "seed": run.seed, "replica_of": run.dataset.replica_of, "transform": "none", "draw": 0, "error": "",
        "stage": "", "stage_id": "",
    }  # fmt: skip


def _fields(run: Run) -> dict[str, Any]:
    return {f"spec.{path}": _cell(value) for path, value in flatten(run.resolved()) if path not in ("kind", "seed")}


def stage_rows(experiment: str, stage: Stage, record: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The values of a stage beside the fields of the run that it stands on; one row without value if it diverged.

    The stage's own settings stand in columns `stage.<field>`.
    """
    run, result = stage.run, record["result"]
    network = getattr(stage, "network", "")
    about = {"stage": stage.name(), "stage_id": record["id"], "network": network, "settings": "", "unlike_paper": ""}
    if run is None:
        about |= {"experiment": experiment, "run": "", "dataset": stage.dataset.name(), "transform": "none", "draw": 0}
    else:
        about = _about(experiment, run) | _fields(run) | about | {"trained_task": _trained_task(run, network)}
    own = {k: v for k, v in record["spec"].items() if k not in ("stage", "parent", "network")}
    about |= {f"stage.{path}": _cell(value) for path, value in flatten(own)}
    nothing = {"metric": stage.name(), "key": "", "value": None}
    for row in result["rows"] or [nothing]:
        yield about | {"task": None, "diverged": result["diverged"]} | row


def _loss_rows(run: Run, network: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for part, losses in network["losses"].items():
        for metric, values in losses.items():
            for task, value in enumerate(values, start=1):
                yield {
                    "network": network["network"], "trained_task": _trained_task(run, network["network"]), "task": task,
                    "metric": metric, "key": part, "settings": "", "metric_seed": None, "value": value,
                    "diverged": network["diverged"],
                }  # fmt: skip


def _trained_task(run: Run, network: str) -> int | None:
    """The task of a network that learned one only."""
    tasks = run.trained_tasks(network)
    return tasks[0] if run.name() == "single_task" else None


def unlike(run: Run) -> str:
    """The fields of a run that differ from the paper's settings, as text; empty if none does."""
    fields = [(p, v) for p, v in flatten(run.elided()) if p not in NO_DIFFERENCE and p.rpartition(".")[2] != "version"]
    return ", ".join(f"{path}={_cell(value)}" for path, value in fields)


def unlike_metric(settings: str, metric: str) -> str:
    """The settings of a metric that differ from the study's, as text; a version of our code is none."""
    fields = settings.removeprefix(metric).lstrip(",").split(",")
    return ", ".join(field for field in fields if not field.startswith("version="))


def _cell(value: Any) -> Any:
    return " ".join(map(str, value)) if isinstance(value, (list, tuple)) else value


def join_experiments(tables: Iterable[pd.DataFrame]) -> pd.DataFrame:
    """The study's long table: each row once, with the names of all experiments that want it."""
    frame = pd.concat(list(tables), ignore_index=True)
    keys = ["run", "stage_id", "network", "metric", "key", "task", "settings", "metric_seed", "transform", "draw"]
    names = frame.groupby(keys, dropna=False, sort=False)["experiment"].agg(lambda e: ";".join(dict.fromkeys(e)))
    once = frame.drop_duplicates(keys).drop(columns="experiment")
    joined = once.merge(names.reset_index(), on=keys, how="left")
    return joined[["experiment", *(c for c in joined.columns if c != "experiment")]]
