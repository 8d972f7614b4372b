"""Tables 8 to 10 of the paper: the test error of every network on every task."""

import pandas as pd

from mtdis.reporting.comparison import mark_best
from mtdis.reporting.summaries.losses import (
    learned_tasks,
    loss_points,
    loss_rows,
    loss_table,
    printed_losses,
)

READS = "tasks"
CAPTION = (
    "Test error of every network (lines) on every task (columns), after the paper's Tables 8 to 10;"
    " the total is the mean over the tasks. A single-task network has all heads, and those that it"
    " does not train stay at their initial values: off the diagonal its error says what those"
    " predict. In the paper it is near the mean square of the target, as of heads that predict next"
    " to nothing. Mean ± standard deviation over seeds, the number of seeds in parentheses, the"
    " published value in brackets; the best of a column is bold. R² is against the variance of the"
    " target, its total the mean of the tasks' R²."
)


def make(frame: pd.DataFrame) -> pd.DataFrame:
    """One line per variant, dataset, metric (mse, r2), network and task or total, the published
    value beside it.
    """
    losses = learned_tasks(frame)
    table = loss_table(losses, lambda some: loss_rows(loss_points(some)), printed_losses())
    return table.assign(best=mark_best(table))
