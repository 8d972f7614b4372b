"""Errors of the networks on the tasks, from the long table: Figure 13, Tables 8 to 10 and the table
of trained tasks.

A *row* is a network by what it learned: `task3` is the single-task network of task 3, `multi_head`
and the other kinds are all their tasks. A *column* is the task that the error is of, or TOTAL.
"""

from collections.abc import Callable, Hashable
from typing import Any

import numpy as np
import pandas as pd

from mtdis.reporting.comparison import COLUMNS as BESIDE
from mtdis.reporting.comparison import beside_published, by_dataset
from mtdis.reporting.labels import DIFFERENCES, difference_row, kinds, row_place
from mtdis.reporting.published import scores as published
from mtdis.reporting.statistics import (
    CELL,
    complete_means,
    of_runs,
    one_run_per_seed,
    paired_differences,
    summarise,
    variant_fields,
    variants,
)
from mtdis.specs.run import Run, TrainedRun

METRICS = ("mse", "r2")
PART = "test"
COUNT = "spec.tasks.count"
TOTAL = "total"
"""The mean over all tasks, which the paper's Tables 8 to 10 call the total loss."""
OWN = "single_task"
"""The row of `own_task_points` that has, for each task, the network that learned this task only."""
KEPT = [
    *CELL,
    "kind",
    "seed",
    "run",
    "network",
    "trained_task",
    "task",
    "value",
    "diverged",
    "replica_of",
    "unlike_paper",
]
POINT = [*CELL, "row", "column", "seed", "value", "diverged"]


COLUMNS = [*CELL, "row", "column", "mean", "sd", "sd_ddof0", "n", "diverged", "failed", *BESIDE]
"""Columns of a table of losses, beside the fields that keep variants apart."""


def learned_tasks(frame: pd.DataFrame) -> pd.DataFrame:
    """The rows about runs of kinds that learn tasks."""
    return frame[frame[COUNT].notna()] if COUNT in frame.columns else frame.head(0)


def loss_table(
    frame: pd.DataFrame, rows: Callable[[pd.DataFrame], pd.DataFrame], printed: pd.DataFrame
) -> pd.DataFrame:
    """One line per variant and line of `rows(losses)`, the published value beside it.

    Columns COLUMNS. `rows` makes lines, as `loss_rows` does, of the losses of one variant;
    `printed` is of `printed_losses`.
    """
    parts = []
    for label, part in variants(frame):
        if len(losses := losses_on_test(part)):
            lines = beside_published(rows(losses), losses, printed)
            parts.append(by_dataset(lines).assign(**label))
    table = pd.concat(parts) if parts else pd.DataFrame()
    fields = variant_fields(frame) if parts else []
    return table.reindex(columns=[*fields, *COLUMNS]).reset_index(drop=True)


def printed_losses() -> pd.DataFrame:
    """The numbers of Tables 8 to 10, with the name of their task's column instead of its number."""
    printed = published.numbers("8", "9", "10")
    return printed.assign(column=column_of(printed["task"])).drop(columns="task")


def own_task_table(frame: pd.DataFrame) -> pd.DataFrame:
    """A table of each single-task network on its own task, the networks that learned all tasks, and
    the differences.

    One line per variant, dataset, metric, row and column.
    """

    def rows_of(losses: pd.DataFrame) -> pd.DataFrame:
        points = own_task_points(losses)
        rows = loss_rows(pd.concat([points, differences(points)]))
        # A difference is about the settings of the network that learned all tasks.
        compared = {difference_row(kind): kind for kind in kinds()}
        return rows.assign(kind=rows["row"].replace(compared))

    return loss_table(frame, rows_of, _printed_own_tasks())


def _printed_own_tasks() -> pd.DataFrame:
    """The printed diagonal, its mean, and multi-head minus it: `column` and `row` as in the
    lines.
    """
    every = printed_losses()
    own = every[every["row"].str.removeprefix("task") == every["column"].str.removeprefix("task ")]
    means = own.groupby("dataset", as_index=False)["mean"].mean()
    mean = own.drop_duplicates("dataset").drop(columns="mean").merge(means).assign(column=TOTAL)
    single = pd.concat([own, mean]).assign(row=OWN)
    multi = every[every["row"] == "multi_head"]
    gain = multi.merge(
        single[["dataset", "column", "mean"]], on=["dataset", "column"], suffixes=("", "_single")
    )
    gain = gain.assign(row=difference_row("multi_head"), mean=gain["mean"] - gain["mean_single"])
    return pd.concat([single, multi, gain])


def losses_on_test(frame: pd.DataFrame) -> pd.DataFrame:
    """The long table's rows about `mse` and `r2` of each task on the test split, as columns KEPT.

    A diverged network has no losses in its record: here it has rows without a value, so that it is
    counted.
    """
    runs = of_runs(frame)
    found = runs[runs["metric"].isin(METRICS) & runs["key"].eq(PART) & runs["task"].notna()]
    there = found[KEPT].astype({"task": "Int64", "trained_task": "Int64", "value": "float64"})
    lost = pd.DataFrame(_lost(runs, found), columns=KEPT).astype(there.dtypes.to_dict())
    return pd.concat([there, lost], ignore_index=True)


def loss_points(losses: pd.DataFrame) -> pd.DataFrame:
    """Per cell, row, column and seed one value, as columns POINT.

    `losses` as from `losses_on_test`, of one variant.
    """
    tasks = zip(losses["kind"], losses["trained_task"], strict=True)
    names = [kind if pd.isna(task) else f"task{task}" for kind, task in tasks]
    rows = one_run_per_seed(losses).assign(row=names, column=column_of(losses["task"]))
    return _with_totals(rows)


def own_task_points(losses: pd.DataFrame) -> pd.DataFrame:
    """As `loss_points`, but for each task only networks that learned it, of single-task ones as the
    row OWN.
    """
    own = one_run_per_seed(on_own_tasks(losses))
    return _with_totals(own.assign(row=own["kind"], column=column_of(own["task"])))


def on_own_tasks(losses: pd.DataFrame) -> pd.DataFrame:
    """The losses of networks on tasks that they learned: of single-task ones on one task."""
    losses = losses[~losses["kind"].isin(untaught())]
    single = losses["kind"].eq(OWN)
    return losses[~single | losses["trained_task"].eq(losses["task"]).fillna(False)]


def own_fits(frame: pd.DataFrame) -> pd.DataFrame:
    """Per cell, row of Table 5 and seed R² on the test split, the mean over the tasks, where
    single-task networks count on their own; `frame` is of one variant.
    """
    points = own_task_points(losses_on_test(frame))
    points = points[points["metric"].eq("r2") & points["column"].eq(TOTAL)]
    return points.assign(row=points["row"].replace(OWN, "single_mean"))


def untaught() -> list[str]:
    """The kinds whose networks learn nothing."""
    return [kind for kind in kinds() if not issubclass(Run.member(kind), TrainedRun)]


def kind_points(losses: pd.DataFrame) -> pd.DataFrame:
    """Per cell, kind and seed the total (columns POINT); of single tasks the row `single_mean`,
    over the networks.

    A seed that lacks any of its networks' totals has none: what is left would be a mean over other
    tasks.
    """
    points = loss_points(losses)
    totals = points[points["column"] == TOTAL]
    single = totals["row"].str.removeprefix("task").str.isdigit()
    return _complete_means(totals.assign(row=totals["row"].mask(single, "single_mean")))


def differences(points: pd.DataFrame) -> pd.DataFrame:
    """Per column and seed: each other row minus that of single tasks, as rows of their own, with
    the columns of `points`.
    """
    by = [*CELL, "column", "seed"]
    rows = [row for row in dict.fromkeys([*DIFFERENCES, *points["row"]]) if row != OWN]
    return pd.concat(
        [paired_differences(points, row, OWN, by).assign(row=difference_row(row)) for row in rows]
    )


def loss_rows(points: pd.DataFrame) -> pd.DataFrame:
    """Per cell, row and column: mean, sd, n over seeds and what was lost; rows and columns in their
    order.
    """
    table = summarise(points, [*CELL, "row", "column"])
    places: dict[str, Callable[[str], int]] = {
        "row": _row_place,
        "column": lambda name: 10**6 if name == TOTAL else int(name.removeprefix("task ")),
    }
    by = ["dataset", "metric", "row", "column"]
    return table.sort_values(
        by, key=lambda c: c.map(places[str(c.name)]) if c.name in places else c, ignore_index=True
    )


def column_of(tasks: "pd.Series[int]") -> "pd.Series[str]":
    """The column's name of each task; TOTAL where there is none."""
    return tasks.map(lambda task: TOTAL if pd.isna(task) else f"task {task}").astype(object)


def _lost(frame: pd.DataFrame, found: pd.DataFrame) -> list[dict[Hashable, Any]]:
    if COUNT not in frame.columns:
        return []
    # The shortest text names the run's differences alone; others add those of a metric's settings.
    rows = frame[frame["diverged"].astype(bool) & frame[COUNT].notna()]
    rows = rows.sort_values("unlike_paper", key=lambda c: c.str.len()).drop_duplicates(
        ["run", "network"]
    )
    there = set(zip(found["run"], found["network"], strict=True))
    return [
        network
        | {
            "metric": metric,
            "key": PART,
            "settings": "",
            "task": task,
            "value": np.nan,
            "diverged": True,
        }
        for network in rows.to_dict("records")
        if (network["run"], network["network"]) not in there
        for metric in METRICS
        for task in range(1, int(network[COUNT]) + 1)
    ]


def _with_totals(rows: pd.DataFrame) -> pd.DataFrame:
    return pd.concat([rows[POINT], _complete_means(rows)], ignore_index=True)


def _complete_means(rows: pd.DataFrame) -> pd.DataFrame:
    """Per row and seed the mean (columns POINT), of seeds without a value missing."""
    return complete_means(rows, [*CELL, "row", "seed"]).assign(column=TOTAL)[POINT]


def _row_place(row: str) -> int:
    """Single-task networks by their task, then the other rows."""
    task = row.removeprefix("task")
    return int(task) if task.isdigit() else 1000 + row_place(row)
