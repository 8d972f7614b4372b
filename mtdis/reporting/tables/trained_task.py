"""Each single-task network on its own task, beside the networks that learned all tasks: Tables 8 to
10's diagonal.
"""

import pandas as pd

from mtdis.reporting.published import scores as published
from mtdis.reporting.summaries.losses import loss_table, printed_losses
from mtdis.reporting.summaries.task_errors import OWN, differences, loss_rows, own_task_points

KINDS = ("single_task", "multi_head", "one_head")
CAPTION = (
    "Does a task gain from being learned with others? Test error of the single-task networks, each"
    " on the task that it learned, beside the networks that learned all; the paper's Figure 13"
    " averages in the nine heads that a single-task network never trains. Differences are paired by"
    " seed, since all networks of a seed start equal: below 0 in MSE, or above 0 in R², sharing"
    " helped. In the paper it helped on all ten tasks of dSprites and MPI3D and on none of"
    " Shapes3D. Mean ± standard deviation over seeds, the number of seeds (pairs) in parentheses,"
    " in brackets the published value or what follows from the published ones."
)


def make(frame: pd.DataFrame) -> pd.DataFrame:
    """One line per variant, dataset, metric (mse, r2), row and task or total, the published value
    beside it.
    """
    return loss_table(frame[frame["kind"].isin(KINDS)], _rows, _printed())


def _rows(losses: pd.DataFrame) -> pd.DataFrame:
    points = own_task_points(losses)
    rows = loss_rows(pd.concat([points, differences(points)]))
    # A difference is about the settings of the network that learned all tasks.
    kinds = rows["row"].replace(
        {"multi_minus_single": "multi_head", "one_minus_single": "one_head"}
    )
    return rows.assign(kind=kinds)


def _printed() -> pd.DataFrame:
    """The printed diagonal, its mean, and multi-head minus it: `column` and `row` as in the
    lines.
    """
    every = printed_losses(published.numbers("8", "9", "10"))
    own = every[every["row"].str.removeprefix("task") == every["column"].str.removeprefix("task ")]
    multi = every[every["row"] == "multi_head"]
    single = pd.concat([own, _mean(own)]).assign(row=OWN)
    gain = multi.merge(
        single[["dataset", "column", "mean"]], on=["dataset", "column"], suffixes=("", "_single")
    )
    gain = gain.assign(row="multi_minus_single", mean=gain["mean"] - gain["mean_single"])
    return pd.concat([single, multi, gain])


def _mean(own: pd.DataFrame) -> pd.DataFrame:
    means = own.groupby("dataset", as_index=False)["mean"].mean()
    return own.drop_duplicates("dataset").drop(columns="mean").merge(means).assign(column="total")
