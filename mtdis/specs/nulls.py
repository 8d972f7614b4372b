"""What a score says beside its nulls: p-values, and the summary of one calibrated key.

In plain Python, for scoring that stops early and for tables and figures alike.
"""

from collections.abc import Mapping, Sequence
from statistics import fmean, stdev

from mtdis.specs.shown import Best

Values = Mapping[str, float | Sequence[float]]
"""Of one key: `none, standardised, whitened, oriented, perfect`, each a score, and the draws of
`rotated_whitened, rotated_standardised, permuted`."""
Summary = dict[str, float | None]
SAID = (
    "null_mean",
    "null_sd",
    "null_q05",
    "null_q95",
    "p_whitened",
    "p_standardised",
    "above_null",
    "above_null_sd",
    "alignment",
    "permuted_mean",
)
"""What a summary says, by name."""

BAND = 0.05
"""Share of a null below its band, and above."""
RESOLVED = 2
"""Standard deviations of the null by which a ceiling must clear its mean to be a ceiling."""


def reached(score: float, null: Sequence[float], best: Best = "highest") -> int:
    """How many values of a null are as good as the score, or better."""
    if best == "lowest":
        return sum(value <= score for value in null)
    return sum(value >= score for value in null)


def p_value(
    score: float, null: Sequence[float], best: Best = "highest", stop_after: int = 0
) -> float:
    """(1 + number of values that reach the score) / (K + 1), of a null of K values: in (0, 1].

    A null that ended when `stop_after` > 0 of its values had reached the score has `stop_after` / K
    instead (Besag and Clifford 1991, Biometrika 78, 301–304). Both are at most α with probability
    ≤ α where score and null are exchangeable.
    """
    count = reached(score, null, best)
    if 0 < stop_after <= count:
        return stop_after / len(null)
    return (1 + count) / (1 + len(null))


def summarise(values: Values, best: Best = "highest", stop_after: int = 0) -> Summary:
    """What a key's values say, by name; None where there are too few draws to say it.

    `null_…` and `above_null` are of the whitened codes (`above_null_sd` in standard deviations of
    the null), and `alignment` is how much of the way from the null's mean to the score of the
    oriented codes theirs goes: None too where that way is shorter than twice the null's deviation.
    """
    score, null, ceiling = (
        _number(values, "whitened"),
        _draws(values, "rotated_whitened"),
        _number(values, "oriented"),
    )
    turned, permuted = _draws(values, "rotated_standardised"), _draws(values, "permuted")
    mean = fmean(null) if null else None
    deviation = stdev(null) if len(null) > 1 else None
    above = None if mean is None else score - mean
    return {
        "null_mean": mean,
        "null_sd": deviation,
        "null_q05": quantile(null, BAND) if null else None,
        "null_q95": quantile(null, 1 - BAND) if null else None,
        "p_whitened": p_value(score, null, best, stop_after) if null else None,
        "p_standardised": (
            p_value(_number(values, "standardised"), turned, best, stop_after) if turned else None
        ),
        "above_null": above,
        "above_null_sd": above / deviation if above is not None and deviation else None,
        "alignment": _alignment(score, ceiling, mean, deviation, best),
        "permuted_mean": fmean(permuted) if permuted else None,
    }


def quantile(values: Sequence[float], share: float) -> float:
    """The value below which a share of the values lies, interpolated as numpy does by default."""
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (place - below) * (ordered[above] - ordered[below])


def _alignment(
    score: float, ceiling: float, mean: float | None, deviation: float | None, best: Best
) -> float | None:
    if mean is None or deviation is None:
        return None
    way = ceiling - mean
    gained = -way if best == "lowest" else way
    return None if way == 0 or gained < RESOLVED * deviation else (score - mean) / way


def _number(values: Values, name: str) -> float:
    value = values[name]
    assert isinstance(value, (int, float))
    return float(value)


def _draws(values: Values, name: str) -> Sequence[float]:
    draws = values[name]
    assert not isinstance(draws, (int, float))
    return draws
