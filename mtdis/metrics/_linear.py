"""Linear maps of codes that metrics and calibrations share: white codes and least squares.

Shapes: N rows, d codes. All work in float64 on live codes, which are not constant.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.floating[Any]]

NEGLIGIBLE = 1e-12
"""Eigenvalues below this share of the largest one are rounding."""


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


def whitening(codes: Floats) -> Floats:
    """The symmetric matrix (d, d) that whitens centred codes (N, d): no axis turns more than it
    must.

    The symmetric root (ZCA): it alone commutes with rotations of the codes. Directions without
    variance go to 0.
    """
    values, vectors = covariance_spectrum(codes)
    return np.asarray((vectors / np.sqrt(values)) @ vectors.T)


def whitened(codes: Floats) -> Floats:
    """Live codes (N, d) with the identity as covariance, each axis turned as little as possible.

    Directions without variance stay at 0 and leave the number of axes.
    """
    return np.asarray((codes - codes.mean(axis=0)) @ whitening(codes))


def effective_rank(codes: Floats) -> float:
    """Number of directions that live codes (N, d) fill, in [1, d]: (Σλ)²/Σλ² of their
    correlations.
    """
    values = np.linalg.eigvalsh(_correlation(codes))
    return float(values.sum() ** 2 / (values**2).sum())


def correlation_rank(codes: Floats) -> int:
    """Number of the correlation's eigenvalues of live codes (N, d) that are not rounding."""
    values = np.linalg.eigvalsh(_correlation(codes))
    return int((values > NEGLIGIBLE * values[-1]).sum())


def covariance_spectrum(codes: Floats) -> tuple[Floats, Floats]:
    """Eigenvalues (r,) of the covariance (ddof 0) of live codes (N, d) that are not negligible, and
    their vectors (d, r).
    """
    centred = codes - codes.mean(axis=0)
    values, vectors = np.linalg.eigh(centred.T @ centred / len(codes))
    kept = values > NEGLIGIBLE * values[-1]
    return values[kept], vectors[:, kept]


def explained(given: Floats, wanted: Floats) -> float:
    """Mean over the live wanted columns (N, k) of the R² in [0, 1] of least squares with an
    intercept from all given ones (N, d), on the rows that are fitted.
    """
    white = whitened(given)
    shared = white.T @ standardised(wanted) / len(white)
    return float((shared**2).sum(axis=0).mean())


def explained_elsewhere(
    given: Floats, wanted: Floats, other_given: Floats, other_wanted: Floats
) -> float:
    """Mean over the wanted columns (N, k) of the R² ≤ 1 on other rows, by least squares with an
    intercept from the given columns (N, d), however narrow each is.

    What is unexplained is relative to the other rows' squared distance from the fitted rows' mean:
    predicting this mean gives exactly 0, and what predicts worse gives less. Columns that are
    constant among the fitted rows are left out, of both tables; 0 if one has no other.
    """
    used, mean = live_columns(given), wanted.mean(axis=0)
    apart = ((other_wanted - mean) ** 2).sum(axis=0)
    kept = np.intersect1d(live_columns(wanted), np.flatnonzero(apart))  # few rows may be the mean
    if not kept.size or not used.size:
        return 0.0
    place, spread = given[:, used].mean(axis=0), given[:, used].std(axis=0)
    known, others = ((table[:, used] - place) / spread for table in (given, other_given))
    root = whitening(known)
    weights = root @ ((known @ root).T @ (wanted - mean)[:, kept]) / len(known)
    predicted = others @ weights
    left = (((other_wanted - mean)[:, kept] - predicted) ** 2).sum(axis=0)
    return float(np.mean(1 - left / apart[kept]))


def lasso(given: Floats, wanted: Floats, penalty: float) -> Floats:
    """Coefficients (d, K) that minimise half the mean squared error + penalty · Σ|coefficient| of
    standardised columns (n, d) and (n, K), by scikit-learn.
    """
    from sklearn.linear_model import Lasso  # a second to import, seldom asked for

    if not given.shape[1]:
        return np.zeros((0, wanted.shape[1]))
    model = Lasso(penalty, fit_intercept=False, max_iter=100_000)
    return np.stack([model.fit(given, column).coef_.copy() for column in wanted.T], axis=1)


def _correlation(codes: Floats) -> Floats:
    table = standardised(codes)
    return np.asarray(table.T @ table / len(table))
