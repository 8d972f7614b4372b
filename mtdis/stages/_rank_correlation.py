"""Which factors the codes retrieve, by rank correlation: as the paper counts them (appendix I), and
one to one.

Shapes: n rows, d codes, K factors, p = min(d, K) pairs. All correlations are absolute values of
Spearman's, with average ranks for ties; they are NaN where a code or a factor is constant.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment
from scipy.special import stdtr
from scipy.stats import rankdata

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Numbers = NDArray[Any]


class Matched(NamedTuple):
    """Codes matched to factors one to one on some rows, and how well the pairs correlate on the
    other rows.
    """

    codes: Integers
    """Code of each pair (p,)."""
    factors: Integers
    """Factor of each pair (p,), ascending."""
    held_out: Floats
    """Absolute correlation (p,) of each pair on the rows that did not choose it, 0 to 1; 0 of a
    constant.
    """
    null_means: Floats
    """Mean of `held_out` over the pairs for each permutation (N,)."""
    null_maxima: Floats
    """Highest of `held_out` among the pairs for each permutation (N,)."""


def absolute_correlations(codes: Numbers, factors: Numbers) -> Floats:
    """|ρ| (d, K) of each code (n, d) with each factor (n, K), 0 to 1; NaN where either is constant.

    Raises ValueError for codes that are not finite and for different numbers of rows.
    """
    correlations = _correlate(_standard_ranks(codes), _standard_ranks(factors))
    constant = _is_constant(codes)[:, None] | _is_constant(factors)
    return np.where(constant, np.nan, correlations)


def retrieved(correlations: Floats, rows: int, alpha: float) -> Integers:
    """The factor (d,) of each code: the one of the largest |ρ| (d, K), if it is significant.

    Else -1.

    The paper's rule (appendix I). Of equal factors the first is taken. Significant is a two-sided p
    below `alpha`, by Student's t with rows - 2 degrees of freedom as in `scipy.stats.spearmanr`,
    without a correction for the d·K tests: the paper names neither test nor level.
    """
    known = np.where(np.isnan(correlations), -1.0, correlations)
    best = known.argmax(axis=1)
    highest = known[np.arange(len(known)), best]
    return np.where((highest >= 0) & (p_values(highest, rows) < alpha), best, -1).astype(np.int64)


def p_values(correlations: Floats, rows: int) -> Floats:
    """Two-sided p of |ρ| on a number of rows, by Student's t with rows - 2 degrees of freedom."""
    freedom = rows - 2
    with np.errstate(divide="ignore"):
        t = np.abs(correlations) * np.sqrt(freedom / np.maximum(1 - correlations**2, 0))
    return np.asarray(2 * stdtr(freedom, -t), dtype=np.float64)


def match(
    codes: Numbers, factors: Numbers, permutations: int, randomness: np.random.Generator
) -> Matched:
    """Codes (n, d) matched to factors (n, K) so that Σ|ρ| is largest on a random half.

    Judged on the other half.

    Null: the rows of the factors are permuted within each half, all factors together, and
    everything is done again. So permuted, codes that are independent of the factors are as likely
    as the given ones. Raises ValueError for fewer than 6 rows, and as `absolute_correlations` does.
    """
    first, second = _halves(codes, factors, randomness)
    pairs = _assign(_correlate(*first))
    held_out = _correlate(*second)[pairs]
    draws = [_permuted(first, second, randomness) for _ in range(permutations)]
    means, maxima = (
        np.array([take(d) for d in draws], dtype=np.float64) for take in (np.mean, np.max)
    )
    return Matched(*pairs, held_out, means, maxima)


def permutation_p(found: float, null: Floats) -> float:
    """Share of null values and the found one that reach the found one: (1 + #≥) / (1 + N) (Phipson
    and Smyth 2010).
    """
    return float((1 + (null >= found).sum()) / (1 + len(null)))


Ranks = tuple[Floats, Floats]
"""Standardised ranks of codes (n, d) and of factors (n, K)."""


def _halves(
    codes: Numbers, factors: Numbers, randomness: np.random.Generator
) -> tuple[Ranks, Ranks]:
    if len(codes) < 6:
        raise ValueError(
            f"codes have {len(codes)} rows; at least 6 are needed, so that each half has ranks."
        )
    order = randomness.permutation(len(codes))
    parts = np.array_split(order, 2)
    first, second = (
        (_standard_ranks(codes[part]), _standard_ranks(factors[part])) for part in parts
    )
    return first, second


def _permuted(first: Ranks, second: Ranks, randomness: np.random.Generator) -> Floats:
    """The held-out correlations (p,) of one permutation.

    Ranks are permuted with the rows, so none is made anew.
    """
    chosen, judged = (
        (codes, factors[randomness.permutation(len(factors))]) for codes, factors in (first, second)
    )
    return _correlate(*judged)[_assign(_correlate(*chosen))]


def _assign(correlations: Floats) -> tuple[Integers, Integers]:
    """Codes (p,) and factors (p,) of the one-to-one pairs with the largest sum (Kuhn 1955), by
    factor.
    """
    codes, factors = linear_sum_assignment(correlations, maximize=True)
    order = np.argsort(factors)
    return codes[order], factors[order]


def _standard_ranks(values: Numbers) -> Floats:
    """Average ranks of each column (n, c), centred and of length 1, so that products are
    correlations; 0 if constant.

    Raises ValueError for values that are not finite: they have no rank.
    """
    if not np.isfinite(values).all():
        raise ValueError(
            f"{(~np.isfinite(values)).sum()} of {values.size} values are not finite and have no"
            " rank."
        )
    ranks = np.asarray(rankdata(values, axis=0), dtype=np.float64)
    ranks -= (len(values) + 1) / 2
    length = np.sqrt((ranks**2).sum(axis=0))
    return ranks / np.where(length > 0, length, 1)


def _correlate(codes: Floats, factors: Floats) -> Floats:
    """|ρ| (d, K) from standardised ranks; rounding never lifts it above 1."""
    if len(codes) != len(factors):
        raise ValueError(
            f"codes have {len(codes)} rows and factors {len(factors)}; each row needs both."
        )
    return np.minimum(np.abs(codes.T @ factors), 1.0)


def _is_constant(values: Numbers) -> NDArray[np.bool_]:
    return np.asarray((values == values[:1]).all(axis=0))
