"""Each single-task network on its own task, beside the networks that learned all tasks: Tables 8 to
10's diagonal.
"""

import pandas as pd

from mtdis.reporting.summaries.losses import learned_tasks, own_task_table

READS = "tasks"
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
    return own_task_table(learned_tasks(frame))
