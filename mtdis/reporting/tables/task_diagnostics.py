"""How smooth the tasks are along each factor, and how much they depend on it, held against values
of others.
"""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from mtdis.artifacts.stages import StageResult
from mtdis.reporting.published.diagnostics import MEASURES, reference_values
from mtdis.reporting.published.scores import printed_name
from mtdis.reporting.statistics import summarise
from mtdis.specs.dataset import Dataset, GridDataset
from mtdis.specs.ids import flatten, identify
from mtdis.specs.targets import Targets
from mtdis.specs.tasks import Tasks

STAGES = ("task_diagnostics",)
CAPTION = (
    "Are the tasks what the paper wants them to be? Its section 3.1 asks for functions of the"
    " factors that are non-linear and sufficiently smooth, and measures neither. The lag-1"
    " autocorrelation is that of the targets of images one class apart in a factor: near 1 a task"
    " is smooth along it; at 0.5 the difference of two neighbours varies as much as the targets"
    " themselves; at 0 a neighbour tells nothing. The total effect is Sobol's index: the share of a"
    " task's variance that is left when all other factors are known. Means, standard deviations and"
    " n are over tasks. Look at what changes between the columns, the scalings of the inputs: the"
    " generator, with weights of variance 1 on 300 units, is in the chaotic regime (Poole et al."
    " 2016), so that the larger a step of a factor is in the inputs, the less do neighbours share,"
    " and of raw values those with the widest range have the largest effect. In brackets stands"
    " what was measured with the released generator on raw values of the complete grids; the paper"
    " printed none of it. Factors of one class have no value and are left out."
)
BY = ["dataset", "metric", "key", "settings", "column", "row"]
COLUMNS = [
    *[*BY, "mean", "sd", "sd_ddof0", "n", "diverged", "failed"],
    *[
        "over",
        "published_table",
        "published_mean",
        "published_sd",
        "published_digits",
        "difference",
        "comparable",
        "note",
    ],
]


def make(frame: pd.DataFrame, stages: Sequence[StageResult]) -> pd.DataFrame:
    """One line per dataset, measure, settings of the tasks, input scaling (`column`) and varying
    factor (`row`).

    `published_mean` is the reference for tasks as the paper's; `difference` is ours minus it on the
    complete grid.
    """
    del frame  # no run is shown
    points = task_points(stages)
    points = points[points["classes"] > 1]
    lines = (
        points.drop_duplicates(BY).drop(columns=["task", "value", "diverged"]).assign(over="tasks")
    )
    table = lines.merge(summarise(points, BY), how="left", on=BY)
    table["difference"] = (table["mean"] - table["published_mean"]).where(table["comparable"])
    return table.reindex(columns=COLUMNS)


def task_points(stages: Sequence[StageResult]) -> pd.DataFrame:
    """One line per stage, task, factor (`row`) and measure (`key`) with its `value` and the
    reference beside it.

    Sorted by dataset, measure, settings, scaling as declared, factor in the order of the grid, and
    task. Raises ValueError without any stage.
    """
    if not stages:
        raise ValueError("nothing to draw: there is no result of the stage task_diagnostics.")
    unique = {stage.id: stage for stage in stages}
    points = pd.concat([_points(unique[name]) for name in sorted(unique)])
    references = reference_values().rename(
        columns={"dataset": "printed", "factor": "row", "measure": "key"}
    )
    points = points.merge(references, how="left", on=["printed", "row", "key"])
    points["published_mean"] = points.pop("reference").where(points["as_measured"])
    points["comparable"] &= points["published_mean"].notna()
    return points.sort_values(
        ["dataset", "measure", "settings", "scaling", "place", "task"], ignore_index=True
    )


def scalings() -> tuple[str, ...]:
    """The input scalings that tasks can have, as declared."""
    choices: tuple[str, ...] = Tasks.model_fields["input_scaling"].annotation.__args__  # type: ignore[union-attr]
    return choices


def _points(stage: StageResult) -> pd.DataFrame:
    """The rows of one stage, long, with what they are about."""
    targets = Targets.parse(stage.spec["parent"], stage.id)
    dataset, tasks = targets.dataset, targets.tasks
    long = pd.DataFrame(list(stage.rows)).rename(columns={"key": "row", "metric": "key"})
    return long.assign(
        value=long["value"].astype("float64"),
        diverged=False,
        dataset=identify(dataset),
        metric=STAGES[0],
        settings=", ".join(f"{path}={value}" for path, value in _other_settings(tasks)),
        column=tasks.input_scaling,
        scaling=scalings().index(tasks.input_scaling),
        measure=long["key"].map(MEASURES.index),
        place=long["row"].map(dataset.names.index),
        classes=long["row"].map(dict(zip(dataset.names, dataset.sizes, strict=True))),
        printed=printed_name(dataset.name(), dataset.replica_of),
        published_table="",
        published_sd=float("nan"),
        published_digits=2,
        as_measured=tasks == Tasks(),
        comparable=not _unlike(dataset, tasks),
        note="; ".join(_unlike(dataset, tasks)),
    )


def _other_settings(tasks: Tasks) -> list[tuple[str, Any]]:
    return [(path, value) for path, value in flatten(tasks.elided()) if path != "input_scaling"]


def _unlike(dataset: Dataset, tasks: Tasks) -> list[str]:
    """Why the means over tasks are not those that were measured; the images play no part."""
    sub_grid = not isinstance(dataset, GridDataset) or dataset.sizes != dataset.full_grid.sizes
    other = ", ".join(f"{path}={value}" for path, value in flatten(tasks.elided()))
    return [
        *(["a part of the grid"] if sub_grid else []),
        *([f"unlike the paper: {other}"] if other else []),
    ]
