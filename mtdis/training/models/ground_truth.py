"""The true factors as codes (paper, Table 1)."""

import numpy as np
from numpy.typing import NDArray

from mtdis.specs.models.ground_truth import GroundTruth


def codes_of_factors(run: GroundTruth, values: NDArray[np.float64]) -> NDArray[np.float32]:
    """Codes (N, K) of raw factor values (N, K): themselves, or standardised (0 if constant)."""
    if run.scaling == "standardised":
        spread = values.std(axis=0)
        values = (values - values.mean(axis=0)) / np.where(spread > 0, spread, 1)
    return values.astype(np.float32)
