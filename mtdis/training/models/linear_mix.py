"""The standardised factors times a random matrix."""

import numpy as np
from numpy.typing import NDArray

from mtdis.data.tasks import scale_inputs
from mtdis.randomness import generator
from mtdis.specs.models.linear_mix import LinearMix


def codes_of_factors(run: LinearMix, values: NDArray[np.float64]) -> NDArray[np.float32]:
    """Codes (N, d) of raw factor values (N, K): the standardised ones (0 if constant) times the
    run's matrix.
    """
    mixed = scale_inputs(values, "standardised") @ mixing_matrix(run, values.shape[1])
    return mixed.astype(np.float32)


def mixing_matrix(run: LinearMix, factors: int) -> NDArray[np.float64]:
    """A random matrix (K, d) whose distribution no rotation of the codes changes.

    'normal': standard normal entries. 'rotation': a part of one that is evenly drawn from O(max(K,
    d)), by QR with the signs of R's diagonal fixed (Mezzadri 2007, arXiv math-ph/0609050).
    """
    rng = generator(run.seed, "mixing matrix")
    if run.matrix == "normal":
        return rng.standard_normal((factors, run.latent_size))
    side = max(factors, run.latent_size)
    q, r = np.linalg.qr(rng.standard_normal((side, side)))
    return np.asarray((q * np.sign(np.diag(r)))[:factors, : run.latent_size])
