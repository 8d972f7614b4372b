"""How alike the codes of runs are that differ in the seed alone, by kind."""

from collections.abc import Sequence

import pandas as pd

from mtdis.artifacts.stages import StageResult
from mtdis.reporting.summaries.stage_values import stage_table

STAGES = ("seed_consistency",)
METRIC = "seed_consistency"
KEYS = [
    (METRIC, "matched_pearson"),
    (METRIC, "matched_spearman"),
    (METRIC, "procrustes"),
    (METRIC, "procrustes_white"),
    (METRIC, "second_from_first"),
    (METRIC, "first_from_second"),
    (METRIC, "mean_cca"),
    (METRIC, "linear_cka"),
]
"""(metric, key) in the order of the blocks: from the narrowest indeterminacy to the widest."""
CAPTION = (
    "Does another seed give the same codes? Those of the test split of each shown network are"
    " compared with those of the same network of other seeds, all else equal; 1 is the same. Each"
    " block allows another difference between them. Matched codes: order, sign and scale of single"
    " codes (by ranks, any monotone map of each), which is what a disentangled code leaves open."
    " R² up to a rotation: any orthogonal map, one scale and place for all, of the codes as they"
    " are, where the widest count most, and of white ones, where all directions count alike. Linear"
    " R² and canonical correlation: any linear map. Linear CKA: as the rotation, the widest"
    " directions counting most. High linear R² with low matched codes says that runs agree on what"
    " the codes hold and not on their axes. Constant codes take no part; all are in-sample, so that"
    " with few images linear R² is high by chance (codes over images). Means ± standard deviation"
    " over pairs of seeds, whose number is in parentheses; pairs that share a seed are not"
    " independent."
)


def make(frame: pd.DataFrame, stages: Sequence[StageResult]) -> pd.DataFrame:
    """One line per variant, dataset, key and kind of run, over pairs of seeds."""
    del frame  # it holds the same values beside those of everything else
    return stage_table(stages, KEYS, pairs="other_seed")
