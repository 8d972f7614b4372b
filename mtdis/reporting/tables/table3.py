"""Table 3 of the paper: the layers of a head, and of the random networks that make the tasks."""

from collections.abc import Sequence

import pandas as pd

from mtdis.artifacts.stages import StageResult
from mtdis.reporting.summaries.layers import layer_table

STAGES = ("architecture",)
READS = "tasks"
CAPTION = (
    "The layers of one head, after the paper's Table 3, and of one of the random networks h(z)"
    " whose outputs are the tasks (section 3.1): the paper says that both are built alike, and its"
    " text and table contradict each other. The last column is what it prints. The total counts one"
    " head, and all heads of a network."
)


def make(frame: pd.DataFrame, stages: Sequence[StageResult]) -> pd.DataFrame:
    """One line per layer of each different head and task network, and statement on it
    (`column`).
    """
    del frame  # no score is shown
    return layer_table(stages, ("heads", "task_network"), "3")
