"""Linear maps of codes by which a score is calibrated, and how codes and factors hang together.

All take finite codes (N, d) and work in float64 on all rows. Standardised and white codes keep the
code's own axes; `rotation` and `oriented` turn them.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mtdis.metrics import FactorTable

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.floating]

NEGLIGIBLE = 1e-12
"""Eigenvalues below this share of the largest one are rounding."""


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


def live_columns(codes: Codes) -> npt.NDArray[np.intp]:
    """The columns of codes (N, d) that are not constant."""
    # rounding can give a constant column a tiny deviation, and a tiny range a deviation of 0
    deviation = codes.std(axis=0, dtype=np.float64)
    return np.flatnonzero(np.minimum(deviation, np.ptp(codes, axis=0)) > 0)


def live(codes: Codes) -> Floats:
    """The codes (N, d) without constant columns, as float64."""
    return codes[:, live_columns(codes)].astype(np.float64)


def standardised(codes: Floats) -> Floats:
    """Live codes (N, d) of mean 0 and standard deviation 1 (ddof 0)."""
    centred = codes - codes.mean(axis=0)
    return np.asarray(centred / codes.std(axis=0))


def whitened(codes: Floats) -> Floats:
    """Live codes (N, d) with the identity as covariance, each axis turned as little as possible.

    The symmetric root (ZCA): it alone commutes with rotations of the codes. Directions without
    variance stay at 0 and leave the number of axes.
    """
    centred = codes - codes.mean(axis=0)
    values, vectors = _spectrum(centred.T @ centred / len(codes))
    return np.asarray(centred @ ((vectors / np.sqrt(values)) @ vectors.T))


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


def effective_rank(codes: Floats) -> float:
    """Number of directions that live codes (N, d) fill, in [1, d]: (Σλ)²/Σλ² of their
    correlations.
    """
    values = np.linalg.eigvalsh(_correlation(codes))
    return float(values.sum() ** 2 / (values**2).sum())


def spectrum(codes: Codes) -> Spectrum:
    """The spectrum of codes (N, d); of constant ones every number but the condition is 0."""
    columns = live_columns(codes)
    if not columns.size:
        return Spectrum((), 0, 1.0, 0.0)
    table = codes[:, columns].astype(np.float64)
    centred = table - table.mean(axis=0)
    values, _ = _spectrum(centred.T @ centred / len(table))
    condition = float(values.max() / values.min())
    return Spectrum(tuple(columns.tolist()), len(values), condition, effective_rank(table))


def linear_r2(codes: Floats, factors: FactorTable) -> LinearR2:
    """How well factors (N, K) follow linearly from live codes (N, d), and codes from factors."""
    truth = perfect(factors)
    return LinearR2(_explained(codes, truth), _explained(truth, codes))


def _explained(given: Floats, wanted: Floats) -> float:
    """Mean over the wanted columns (N, k) of the R² from all given ones (N, d)."""
    white = whitened(given)
    shared = white.T @ standardised(wanted) / len(white)
    return float((shared**2).sum(axis=0).mean())


def _correlation(codes: Floats) -> Floats:
    table = standardised(codes)
    return np.asarray(table.T @ table / len(table))


def _spectrum(covariance: Floats) -> tuple[Floats, Floats]:
    """Eigenvalues (r,) that are not negligible, and their vectors (d, r)."""
    values, vectors = np.linalg.eigh(covariance)
    kept = values > NEGLIGIBLE * values[-1]
    return values[kept], vectors[:, kept]
