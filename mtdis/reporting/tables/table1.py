"""Table 1 of the paper: the test error of heads that learned the tasks from frozen codes."""

from collections.abc import Sequence

import pandas as pd

from mtdis.artifacts.stages import StageResult
from mtdis.reporting.comparison import COLUMNS as BESIDE
from mtdis.reporting.comparison import mark_best
from mtdis.reporting.statistics import CELL, variant_fields, variants
from mtdis.reporting.summaries.heads_on_codes import AUTOENCODERS, heads_frame, lines_of_variant

STAGES = ("heads",)
ROWS_OF = ("scaling",)
CAPTION = (
    "How well can the tasks be learned from codes that were learned without them? Test error of"
    " heads on the frozen codes of auto-encoders and on the true factors, as they are and"
    " standardised, after the paper's Table 1: mean squared error, mean over the tasks. The paper"
    " prints it as RMSE; its values can only be mean squared errors, for predicting 0 has an RMSE"
    " of 15 to 17. Look at whether the order of the auto-encoders is that of their disentanglement"
    " (Table 6); in the paper it was not, and FactorVAE was never the best. Beside it R² against"
    " the variance of the targets, mean over the tasks. Mean ± standard deviation over seeds of the"
    " heads, their number in parentheses, on the codes of one encoder: it says nothing of how much"
    " encoders of other seeds differ. The best of a column is bold, the best auto-encoder"
    " underlined; published values in brackets."
)
COLUMNS = [
    *CELL,
    "row",
    "mean",
    "sd",
    "sd_ddof0",
    "n",
    "diverged",
    "failed",
    *BESIDE,
    "best",
    "best_autoencoder",
]


def make(frame: pd.DataFrame, stages: Sequence[StageResult]) -> pd.DataFrame:
    """One line per variant, dataset, metric (mse, r2), seed of the codes and row, the published
    value beside it.
    """
    del frame  # no run is shown
    results = heads_frame(stages)
    parts = [lines_of_variant(part).assign(**label) for label, part in variants(results)]
    table = pd.concat(parts).reset_index(drop=True)
    best_autoencoder = mark_best(table[table["row"].isin(AUTOENCODERS)])
    table = table.assign(
        best=mark_best(table),
        best_autoencoder=best_autoencoder.reindex(table.index, fill_value=False),
    )
    return table[[*variant_fields(results), *COLUMNS]]
