"""Factors read from codes of combinations of classes that the encoder never saw, by kind."""

from collections.abc import Sequence

import pandas as pd

from mtdis.artifacts.stages import StageResult
from mtdis.reporting.summaries.stage_values import stage_table

STAGES = ("unseen_combinations",)
METRIC = "unseen_combinations"
KEYS = [
    *[(METRIC, key) for key in ("seen", "unseen", "gap", "chance")],
    *[(METRIC, key) for key in ("seen_others", "unseen_others", "gap_others")],
]
"""(metric, key) in the order of the blocks."""
CAPTION = (
    "Do codes of unseen combinations say what is seen? A readout (multinomial logistic regression"
    " unless a title says another) learns the classes of each factor from codes of images that the"
    " encoder was trained on, and is tested on other images of the same combinations of classes and"
    " on images of combinations that neither has seen (`held_out` of the run); every single class"
    " was seen by both. Means over the held-out factors, then over the other factors, whose classes"
    " were seen in all combinations but for these. The accuracy lost is seen less unseen: 0 for"
    " codes that compose. Without codes stands the share of the class that is commonest among the"
    " images learned from, on the unseen combinations: where few combinations are held out, a"
    " readout that knows which classes went together falls below it. Compare with random encoders,"
    " which have seen nothing: what they lose is the readout's own. And the others were trained on"
    " the seen images themselves, so that a part of their loss is that of new images alone. Means"
    " ± standard deviation over the shown seeds, whose number is in parentheses."
)


def make(frame: pd.DataFrame, stages: Sequence[StageResult]) -> pd.DataFrame:
    """One line per variant, dataset, key, settings of the stage and kind of run, over seeds."""
    del frame  # it holds the same values beside those of everything else
    return stage_table(stages, KEYS)
