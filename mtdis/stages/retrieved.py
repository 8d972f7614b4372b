"""Factors that codes of the test split retrieve, by rank correlation: the paper's count (appendix
I), and codes matched to factors one to one, with a null.

Shapes: n rows, d codes, K factors, p = min(d, K) pairs. All correlations are absolute values of
Spearman's, with average ranks for ties; they are NaN where a code or a factor is constant.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr

from mtdis.artifacts import datasets, records, runs
from mtdis.artifacts.stages import Outcome, Sources
from mtdis.data.split import split_of
from mtdis.metrics._matching import assign, correlate, unit_ranks
from mtdis.randomness import generator
from mtdis.specs.stages.retrieved import Retrieved

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Numbers = NDArray[Any]
SPREAD = (np.mean, np.std, np.min, np.max)


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


def compute(stage: Retrieved, sources: Sources) -> Outcome:
    """Values of both versions; as arrays |ρ| (d, K) on all test rows, the factor of each code and
    of each pair, and the names.
    """
    codes, rows = runs.read_codes(sources.parent, stage.network)
    classes = datasets.read_dataset(sources.dataset, "factors")
    chosen = np.isin(rows, split_of(stage.parent, len(classes), lambda: classes)["test"])
    names = records.read_json(sources.dataset, "mtdis dataset")["names"]
    return outcome(stage, codes[chosen], classes[rows[chosen]], names)


def outcome(
    stage: Retrieved, codes: NDArray[np.float32], factors: NDArray[np.int64], names: list[str]
) -> Outcome:
    """The outcome for codes (n, d) and classes (n, K) of named factors.

    Factors of one class are left out. Raises ValueError where no factor varies.
    """
    varying = factors.min(axis=0) < factors.max(axis=0)
    if not varying.any():
        raise ValueError(
            f"each of the factors {', '.join(names)} has one class in the test split; keep more"
            " classes."
        )
    factors = factors[:, varying]
    correlations = absolute_correlations(codes, factors)
    best = retrieved(correlations, len(codes), stage.alpha)
    matched = match(codes, factors, stage.permutations, generator(stage.seed, "retrieved"))
    kept, dropped = (np.array(names, dtype="S")[chosen] for chosen in (varying, ~varying))
    return Outcome(
        rows=[
            *_rows("retrieved", count_values(correlations, best)),
            *_rows("matched", matched_values(matched, stage.alpha)),
        ],
        arrays={
            "correlations": correlations,
            "factor_of_code": best,
            "matched_codes": matched.codes,
        }
        | {
            "matched_factors": matched.factors,
            "held_out": matched.held_out,
            "rows": np.array(len(codes)),
        }
        | {"factors": kept, "constant_factors": dropped},
    )


def count_values(correlations: Floats, best: Integers) -> Iterator[tuple[str, float]]:
    """The paper's values: factors retrieved, and over the codes that retrieve one the mean, sd
    (ddof 0), min and max.

    The paper's means can't be over the factors: for four values from .085 to .270 with a mean of
    .165 its standard deviation of .058 is too small (dSprites, single-task). Without any such code
    only the count, 0, is known.
    """
    codes = np.flatnonzero(best >= 0)
    yield "components", float(len(set(best[codes].tolist())))
    if len(codes):
        found = correlations[codes, best[codes]]
        for name, value in zip(
            ("mean", "std", "min", "max"), (f(found) for f in SPREAD), strict=True
        ):
            yield f"{name}_correlation", float(value)


def matched_values(matched: Matched, alpha: float) -> Iterator[tuple[str, float]]:
    """Held-out |ρ| of the pairs, that of the null, and the number of pairs that pass it.

    A pair passes with a p of at most alpha against the highest |ρ| of each permutation (Westfall
    and Young 1993), so that the chance of any pair passing by luck is at most alpha.
    """
    passed = [permutation_p(value, matched.null_maxima) <= alpha for value in matched.held_out]
    yield "components", float(sum(passed))
    for name, value in zip(
        ("mean", "std", "min", "max"), (f(matched.held_out) for f in SPREAD), strict=True
    ):
        yield f"{name}_correlation", float(value)
    yield "null_mean_correlation", float(matched.null_means.mean())
    yield "null_95_percent_correlation", float(np.quantile(matched.null_means, 0.95))
    yield "p_value", permutation_p(float(matched.held_out.mean()), matched.null_means)


def _rows(metric: str, values: Iterator[tuple[str, float]]) -> Iterator[dict[str, Any]]:
    return ({"metric": metric, "key": key, "value": value} for key, value in values)


def absolute_correlations(codes: Numbers, factors: Numbers) -> Floats:
    """|ρ| (d, K) of each code (n, d) with each factor (n, K), 0 to 1; NaN where either is constant.

    Raises ValueError for codes that are not finite and for different numbers of rows.
    """
    correlations = _correlate(_standard_ranks(codes), _standard_ranks(factors))
    constant = _is_constant(codes)[:, None] | _is_constant(factors)
    return np.where(constant, np.nan, correlations)


def retrieved(correlations: Floats, rows: int, alpha: float) -> Integers:
    """The factor (d,) of each code: the one of the largest |ρ| (d, K), -1 if not significant.

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

    The pairs are judged on the other half.

    Null: the rows of the factors are permuted within each half, all factors together, and
    everything is done again. So permuted, codes that are independent of the factors are as likely
    as the given ones. Raises ValueError for fewer than 6 rows, and as `absolute_correlations` does.
    """
    if len(codes) < 6:
        raise ValueError(
            f"codes have {len(codes)} rows; at least 6 are needed, so that each half has ranks."
        )
    first, second = (
        (_standard_ranks(codes[half]), _standard_ranks(factors[half]))
        for half in np.array_split(randomness.permutation(len(codes)), 2)
    )
    pairs = assign(_correlate(*first))
    held_out = _correlate(*second)[pairs]
    draws = []
    for _ in range(permutations):
        # Ranks are permuted with the rows, so that none is made anew.
        chosen, judged = (
            (ranks, factor_ranks[randomness.permutation(len(factor_ranks))])
            for ranks, factor_ranks in (first, second)
        )
        draws.append(_correlate(*judged)[assign(_correlate(*chosen))])
    means, maxima = (
        np.array([take(d) for d in draws], dtype=np.float64) for take in (np.mean, np.max)
    )
    return Matched(*pairs, held_out, means, maxima)


def permutation_p(found: float, null: Floats) -> float:
    """Share of null values and the found one that reach the found one: (1 + #≥) / (1 + N) (Phipson
    and Smyth 2010).
    """
    return float((1 + (null >= found).sum()) / (1 + len(null)))


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
    return unit_ranks(values)


def _correlate(codes: Floats, factors: Floats) -> Floats:
    """|ρ| (d, K) from standardised ranks; rounding never lifts it above 1."""
    if len(codes) != len(factors):
        raise ValueError(
            f"codes have {len(codes)} rows and factors {len(factors)}; each row needs both."
        )
    return np.abs(correlate(codes, factors))


def _is_constant(values: Numbers) -> NDArray[np.bool_]:
    return np.asarray((values == values[:1]).all(axis=0))
