"""Smoothness of the tasks along each factor and their dependence on it, beside values of others."""

from collections.abc import Sequence

import pandas as pd

from mtdis.artifacts.stages import StageResult
from mtdis.reporting.statistics import summarise
from mtdis.reporting.summaries.task_diagnostics import task_points

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
