"""The results of the stage `task_diagnostics`, long, beside what others measured."""

from collections.abc import Sequence
from typing import get_args

import pandas as pd

from mtdis.artifacts.stages import StageResult
from mtdis.reporting.published.diagnostics import MEASURES, reference_values
from mtdis.reporting.published.scores import printed_name
from mtdis.specs.dataset import Dataset, GridDataset
from mtdis.specs.ids import flatten, identify
from mtdis.specs.targets import Targets
from mtdis.specs.tasks import Tasks


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


def _points(stage: StageResult) -> pd.DataFrame:
    """The rows of one stage, long, with its dataset, settings and factors."""
    targets = Targets.parse(stage.spec["parent"], stage.id)
    dataset, tasks = targets.dataset, targets.tasks
    set_fields = flatten(tasks.elided())
    scalings = get_args(Tasks.model_fields["input_scaling"].annotation)  # as declared
    long = pd.DataFrame(list(stage.rows)).rename(columns={"key": "row", "metric": "key"})
    return long.assign(
        value=long["value"].astype("float64"),
        diverged=False,
        dataset=identify(dataset),
        metric="task_diagnostics",
        settings=", ".join(f"{path}={v}" for path, v in set_fields if path != "input_scaling"),
        column=tasks.input_scaling,
        scaling=scalings.index(tasks.input_scaling),
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


def _unlike(dataset: Dataset, tasks: Tasks) -> list[str]:
    """The reasons why the means over tasks are not those that were measured; the images play no
    part.
    """
    sub_grid = not isinstance(dataset, GridDataset) or dataset.sizes != dataset.full_grid.sizes
    other = ", ".join(f"{path}={value}" for path, value in flatten(tasks.elided()))
    return [
        *(["a part of the grid"] if sub_grid else []),
        *([f"unlike the paper: {other}"] if other else []),
    ]
