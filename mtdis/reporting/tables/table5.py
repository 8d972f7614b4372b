"""Table 5 of the paper: six scores of random, single-task, multi-head and one-head encoders."""

import pandas as pd

from mtdis.reporting.summaries.scores import COLUMNS as COLUMNS
from mtdis.reporting.summaries.scores import score_table

CAPTION = (
    "Disentanglement of encoders that learned no task (random), one task (single-task), or all"
    " tasks with a head each (multi-head) or with one head for all (one-head), after the paper's"
    " Table 5. Mean ± standard deviation over seeds, the number of seeds in parentheses, the"
    " published value in brackets. For single tasks the mean is first taken over the tasks of a"
    " seed, which is left out where a task was lost; best and worst are the tasks with the highest"
    " and the lowest mean over seeds."
)


def make(frame: pd.DataFrame) -> pd.DataFrame:
    """One line per variant, dataset, key, settings and row of Table 5, the published value beside
    it.
    """
    return score_table(frame, "5")
