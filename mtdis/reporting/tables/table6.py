"""Table 6 of the paper: six scores of the codes of auto-encoders, on which heads were trained
afterwards.
"""

import pandas as pd

from mtdis.reporting.comparison import mark_best
from mtdis.reporting.summaries.scores import score_table

KINDS = ("autoencoder", "vae", "factor_vae")
CAPTION = (
    "Disentanglement of the codes of auto-encoders that learned no task, after the paper's Table 6:"
    " the order of the three in each block, and whether the encoders of tasks (Table 5) do better"
    " than the plain auto-encoder. In the paper the FactorVAE was the best of most cells. Mean ±"
    " standard deviation over seeds, the number of seeds in parentheses; the published value, of"
    " one encoder per cell, in brackets. The best of a block is bold."
)


def make(frame: pd.DataFrame) -> pd.DataFrame:
    """One line per variant, dataset, key, settings and auto-encoder kind, the published value
    beside it.
    """
    table = score_table(frame[frame["kind"].isin(KINDS)], "6")
    return table.assign(best=mark_best(table))
