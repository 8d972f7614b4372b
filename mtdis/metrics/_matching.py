"""Correlations of two sets of columns, and the one-to-one pairs with the largest ones.

Shapes: n rows, d columns of the first set (codes), K of the second (factors, or other codes).
"""

from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Columns = npt.NDArray[Any]
Pairs = tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]
"""The columns of each pair, of the first set and of the second, ascending in the second."""


def unit_columns(values: Columns) -> Floats:
    """Columns (n, c) centred and of length 1, so that products are correlations; 0 if constant."""
    centred = values - values.mean(axis=0, dtype=np.float64)
    length = np.sqrt((centred**2).sum(axis=0))
    # rounding can give a constant column a tiny length, and a tiny range a length of 0
    varies = np.minimum(length, np.ptp(values, axis=0)) > 0
    return np.asarray(np.where(varies, centred, 0.0) / np.where(varies, length, 1.0))


def unit_ranks(values: Columns) -> Floats:
    """`unit_columns` of the ranks of columns (n, c), average ones for ties: for Spearman's."""
    from scipy.stats import rankdata  # a third of a second to import

    return unit_columns(rankdata(values, axis=0))


def correlate(first: Floats, second: Floats) -> Floats:
    """Correlations (d, K) from unit columns (n, d) and (n, K); rounding never lifts one above 1."""
    return np.asarray(np.clip(first.T @ second, -1.0, 1.0))


def assign(correlations: Floats) -> Pairs:
    """The min(d, K) one-to-one pairs with the largest sum of absolute correlations (Kuhn 1955)."""
    from scipy.optimize import linear_sum_assignment  # a third of a second to import

    first, second = linear_sum_assignment(np.abs(correlations), maximize=True)
    order = np.argsort(second)
    return first[order], second[order]


def matched(correlations: Floats) -> float:
    """Sum of the pairs' absolute correlations over K: a column without a partner counts as 0."""
    return float(np.abs(correlations[assign(correlations)]).sum() / correlations.shape[1])


def cross_fitted(one: Floats, other: Floats) -> float:
    """Mean correlation, in [-1, 1], on some rows of pairs and signs that other rows chose.

    Takes correlations (d, K) on each half of the rows; each half chooses once. A column without a
    partner counts as 0. Unlike `matched` its expectation is 0 where nothing hangs together.
    """
    return float((_judged(one, other) + _judged(other, one)) / (2 * one.shape[1]))


def _judged(chosen: Floats, judged: Floats) -> float:
    pairs = assign(chosen)
    return float((np.sign(chosen[pairs]) * judged[pairs]).sum())
