"""Table 2 of the paper: the layers of encoders, decoders and discriminators, counted on the real
modules.
"""

from collections.abc import Sequence

import pandas as pd

from mtdis.artifacts.stages import StageResult
from mtdis.reporting.summaries.layers import layer_table

STAGES = ("architecture",)
CAPTION = (
    "The layers of the networks, read off the modules that are trained, after the paper's Table 2:"
    " check the last column, what the paper prints, for what differs. Outputs are channels, height"
    " and width, or units; images are height, width and channels. The last layer of the encoder"
    " gives the codes; in variational auto-encoders it gives mean and log-variance of each."
    " Networks for images smaller than the paper's 64 pixels leave out layers that halve or double."
    " The discriminator is FactorVAE's alone; the paper does not print it."
)


def make(frame: pd.DataFrame, stages: Sequence[StageResult]) -> pd.DataFrame:
    """One line per layer of each different encoder, decoder and discriminator, and statement on it
    (`column`).
    """
    del frame  # no score is shown
    return layer_table(stages, ("encoder", "decoder", "discriminator"), "2")
