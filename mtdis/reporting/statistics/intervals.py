"""Intervals of a mean of paired differences, each with the level that so few pairs can have."""

from itertools import product
from typing import NamedTuple

import numpy as np
from scipy import stats

from mtdis.reporting.statistics.resampling import DRAWS, EXACT_PAIRS, Table

LEVEL = 0.95
BCA_PAIRS = 10
"""Pairs below which no bootstrap interval is given: it is far too short."""


class Interval(NamedTuple):
    """The bounds of an interval and its level; without numbers where there can be none."""

    low: float
    high: float
    level: float


NONE = Interval(np.nan, np.nan, np.nan)


def inverted_sign_flip(differences: Table, rng: np.random.Generator) -> Interval:
    """The shifts that the two-sided sign-flip test does not reject, at a level of 95 % or, of few
    pairs, the highest that there is: 75 % of 3, 93.75 % of 5.

    Its bounds are order statistics of the means of all subsets of the pairs (Hartigan 1969), of
    DRAWS random ones where there are too many.
    """
    pairs = len(differences)
    if pairs < 2:
        return NONE
    if pairs <= EXACT_PAIRS:
        chosen = np.array(list(product((0, 1), repeat=pairs)))[1:]
    else:
        chosen = rng.integers(0, 2, size=(DRAWS, pairs))
        chosen = chosen[chosen.any(axis=1)]
    means = np.sort(chosen @ differences / chosen.sum(axis=1))
    gaps = len(means) + 1
    left_out = max(1, int((1 - LEVEL) / 2 * gaps))
    return Interval(float(means[left_out - 1]), float(means[-left_out]), 1 - 2 * left_out / gaps)


def bca(differences: Table, rng: np.random.Generator) -> Interval:
    """The bias-corrected and accelerated bootstrap interval of the mean (Efron 1987); none of fewer
    pairs than BCA_PAIRS, or of equal ones.
    """
    if len(differences) < BCA_PAIRS or np.ptp(differences) == 0:
        return NONE
    found = stats.bootstrap(
        (differences,), np.mean, n_resamples=DRAWS, confidence_level=LEVEL, rng=rng
    ).confidence_interval
    return Interval(float(found.low), float(found.high), LEVEL)
