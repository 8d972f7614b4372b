"""Codes that hold the factors in a known way, on data of a known structure: what a metric makes of
them says where it is valid.

Each encoder is a function of standardised factors (N, K) and a generator to codes (N, d), each
structure a function of a generator to classes (N, K). All factors have an order.
"""

from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt

from mtdis.metrics import factor_table
from mtdis.randomness import generator
from mtdis.scoring import transforms

Floats = npt.NDArray[np.float64]
Classes = npt.NDArray[np.int64]

SIZES = (6, 8, 10, 16)
"""Classes of each factor: 7,680 combinations."""
CORRELATION = 6.0
"""How much two factors go together: combinations occur like exp(−(a − b)²·CORRELATION²/2) of
their values in 0..1 (Träuble et al. 2021, arXiv 2006.07886, section 3).
"""
KEPT = 0.5
"""Share of the combinations that are there, where there are holes."""
LITTLE = 0.1
"""Standard deviation of the noise on copies of a code."""


def independent(rng: np.random.Generator) -> Classes:
    """All combinations once."""
    del rng
    return np.indices(SIZES).reshape(len(SIZES), -1).T


def correlated(rng: np.random.Generator) -> Classes:
    """Combinations drawn so that the last two factors go together."""
    classes = independent(rng)
    third, fourth = (classes[:, k] / (SIZES[k] - 1) for k in (2, 3))
    weights = np.exp(-((third - fourth) ** 2) * CORRELATION**2 / 2)
    return classes[rng.choice(len(classes), size=len(classes), p=weights / weights.sum())]


def redundant(rng: np.random.Generator) -> Classes:
    """All combinations of three factors; the fourth is the third's, in steps of two."""
    classes = independent(rng)
    return np.column_stack([classes[:, :3], classes[:, 2] // 2])


def holes(rng: np.random.Generator) -> Classes:
    """Half of the combinations, in which every class of every factor occurs."""
    classes = independent(rng)
    kept = np.sort(rng.permutation(len(classes))[: int(KEPT * len(classes))])
    return classes[kept]


def identity(factors: Floats, rng: np.random.Generator) -> Floats:
    """A code per factor: the factor."""
    del rng
    return factors


def permuted(factors: Floats, rng: np.random.Generator) -> Floats:
    """The factors in another order, each with a sign of its own."""
    order = np.roll(np.arange(factors.shape[1]), 1)
    return np.asarray(factors[:, order] * rng.choice([-1.0, 1.0], size=factors.shape[1]))


def monotone(factors: Floats, rng: np.random.Generator) -> Floats:
    """A code per factor: a rising function of it, bent more or less."""
    del rng
    first, second, third, fourth = factors.T
    bent = np.exp(first), second**3, np.sinh(third), -np.exp(-fourth)
    return np.column_stack(bent)


def sin_cos(factors: Floats, rng: np.random.Generator) -> Floats:
    """Two codes per factor: sine and cosine, as of an angle that runs once around."""
    del rng
    span = np.ptp(factors, axis=0)
    steps = np.array([len(np.unique(column)) for column in factors.T])
    angles = 2 * np.pi * (factors - factors.min(axis=0)) / span * (1 - 1 / steps)
    return np.hstack([np.sin(angles), np.cos(angles)])


def rotated(factors: Floats, rng: np.random.Generator) -> Floats:
    """The factors in a rotation drawn evenly."""
    return factors @ transforms.rotation(factors.shape[1], rng)


def linear_mix(factors: Floats, rng: np.random.Generator) -> Floats:
    """As many normal linear combinations as factors."""
    return factors @ rng.standard_normal((factors.shape[1], factors.shape[1]))


def under_complete(factors: Floats, rng: np.random.Generator) -> Floats:
    """Half as many normal linear combinations as factors."""
    return factors @ rng.standard_normal((factors.shape[1], factors.shape[1] // 2))


def over_complete(factors: Floats, rng: np.random.Generator) -> Floats:
    """Twice as many normal linear combinations as factors."""
    return factors @ rng.standard_normal((factors.shape[1], 2 * factors.shape[1]))


def several_codes(factors: Floats, rng: np.random.Generator) -> Floats:
    """Two copies of each factor, with a little noise."""
    both = np.hstack([factors, factors])
    return np.asarray(both + LITTLE * rng.standard_normal(both.shape))


def noise(factors: Floats, rng: np.random.Generator) -> Floats:
    """Normal codes that know nothing of the factors."""
    return rng.standard_normal(factors.shape)


STRUCTURES: Mapping[str, Callable[[np.random.Generator], Classes]] = {
    f.__name__: f for f in (independent, correlated, redundant, holes)
}
ENCODERS: Mapping[str, Callable[[Floats, np.random.Generator], Floats]] = {
    f.__name__: f
    for f in (
        identity,
        permuted,
        monotone,
        sin_cos,
        rotated,
        linear_mix,
        under_complete,
        over_complete,
        several_codes,
        noise,
    )
}


def oracle(structure: str, encoder: str, seed: int) -> tuple[Floats, Classes]:
    """Codes (N, d) and classes (N, 4) of one cell of the grid."""
    classes = STRUCTURES[structure](generator(seed, "structure", structure))
    factors = transforms.perfect(factor_table(classes))
    return ENCODERS[encoder](factors, generator(seed, "encoder", encoder)), classes
