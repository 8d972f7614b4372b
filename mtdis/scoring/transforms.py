"""Linear maps of codes by which a score is calibrated, and how codes and factors hang together.

All take finite codes (N, d) and work in float64 on all rows. Standardised and white codes keep the
code's own axes; `rotation` and `oriented` turn them.
"""

from dataclasses import dataclass

import numpy as np

from mtdis.metrics import FactorTable
from mtdis.metrics._linear import Codes as Codes
from mtdis.metrics._linear import Floats as Floats
from mtdis.metrics._linear import covariance_spectrum, explained, live_columns
from mtdis.metrics._linear import effective_rank as effective_rank
from mtdis.metrics._linear import live as live
from mtdis.metrics._linear import standardised as standardised
from mtdis.metrics._linear import whitened as whitened


@dataclass(frozen=True)
class Spectrum:
    """How codes spread over their directions."""

    live: tuple[int, ...]
    """The columns that are not constant."""
    rank: int
    """Number of the covariance's eigenvalues that are not negligible."""
    condition: float
    """Largest over smallest of these; 1 where there is none."""
    effective_rank: float


@dataclass(frozen=True)
class LinearR2:
    """Shares of variance, in [0, 1], that a least-squares fit with intercept explains."""

    factors_from_codes: float
    codes_from_factors: float


def perfect(factors: FactorTable) -> Floats:
    """Codes (N, K) that are the factors' classes themselves, standardised."""
    return standardised(factors.classes.astype(np.float64))


def rotation(dimensions: int, rng: np.random.Generator) -> Floats:
    """A matrix (d, d) drawn evenly from the orthogonal group O(d), reflections included.

    QR of a normal matrix with the signs of R's diagonal fixed (Mezzadri 2007, arXiv
    math-ph/0609050).
    """
    q, r = np.linalg.qr(rng.standard_normal((dimensions, dimensions)))
    return np.asarray(q * np.sign(np.diag(r)))


def oriented(white: Floats, factors: FactorTable) -> Floats:
    """White codes (N, d) turned so that their first axes follow the factors as well as any can.

    The ceiling of alignment for these codes, found with supervision: the sum of the covariances of
    axis k and factor k is the largest (orthogonal Procrustes). With fewer axes than factors they
    follow those of which the codes know most.
    """
    shared = white.T @ perfect(factors)
    if shared.shape[1] > len(shared):
        known = np.argsort(-(shared**2).sum(axis=0), kind="stable")[: len(shared)]
        shared = shared[:, np.sort(known)]
    left, _, right = np.linalg.svd(shared)
    k = shared.shape[1]
    return np.asarray(white @ np.hstack([left[:, :k] @ right, left[:, k:]]))


def spectrum(codes: Codes) -> Spectrum:
    """The spectrum of codes (N, d); of constant ones every number but the condition is 0."""
    columns = live_columns(codes)
    if not columns.size:
        return Spectrum((), 0, 1.0, 0.0)
    table = codes[:, columns].astype(np.float64)
    values, _ = covariance_spectrum(table)
    condition = float(values.max() / values.min())
    return Spectrum(tuple(columns.tolist()), len(values), condition, effective_rank(table))


def linear_r2(codes: Floats, factors: FactorTable) -> LinearR2:
    """How well factors (N, K) follow linearly from live codes (N, d), and codes from factors."""
    truth = perfect(factors)
    return LinearR2(explained(codes, truth), explained(truth, codes))
