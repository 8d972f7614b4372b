"""Codes that know nothing of the factors."""

import numpy as np
from numpy.typing import NDArray

from mtdis.randomness import generator
from mtdis.specs.models.noise import Noise


def codes_of_factors(run: Noise, values: NDArray[np.float64]) -> NDArray[np.float32]:
    """Standard normal codes (N, d), as many rows as there are factor values (N, K)."""
    drawn = generator(run.seed, "noise codes")
    return drawn.standard_normal((len(values), run.latent_size), dtype=np.float32)
