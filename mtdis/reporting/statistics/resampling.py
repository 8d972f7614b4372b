"""Tests whose null is a table of statistics: sign-flips, and adjustments for several cells at once.

A *null table* has a row per member of the group (flips, permutations, rotations) and a column per
cell; its first row is what was observed. All p-values count the rows that reach it, itself among
them: (1 + b)/(1 + m) where members are drawn, exact where all are there.
"""

from itertools import product
from math import ceil, log2

import numpy as np
from numpy.typing import NDArray
from scipy import stats

Table = NDArray[np.float64]
EXACT_PAIRS = 14
"""Pairs whose 2^n sign-flips are all enumerated."""
DRAWS = 9_999
"""Members drawn where there are too many to enumerate."""
TIE = 1e-9
"""Statistics nearer than this are equal: they are sums of numbers near 1 in another order."""


def sign_flips(pairs: int, rng: np.random.Generator) -> Table:
    """All sign-flips of some pairs (rows of 1 and -1, the identity first), or DRAWS random ones."""
    if pairs <= EXACT_PAIRS:
        return np.array(list(product((1.0, -1.0), repeat=pairs)))
    drawn = rng.choice((1.0, -1.0), size=(DRAWS, pairs))
    return np.vstack([np.ones(pairs), drawn])


def sign_flip_table(differences: Table, flips: Table) -> Table:
    """The null table of differences (pairs × cells) under flips that all cells share.

    The statistic is the sum over the root of the sum of squares: it orders flips as the mean and as
    Student's t do, and is of one scale in all cells. A missing difference counts nothing.
    """
    known = np.nan_to_num(differences)
    length = np.sqrt(np.square(known).sum(axis=0))
    return flips @ (known / np.where(length > 0, length, 1.0))


def p_values(table: Table) -> Table:
    """The p-value of each cell of a null table, large statistics being against the null."""
    return _reaching(table, table[0])


def step_down(table: Table) -> Table:
    """The p-values of the cells adjusted for all of them: step-down maxT (Westfall and Young 1993).

    Cells that go together, as D and C of DCI do, cost little more than one of them.
    """
    order = np.argsort(-table[0], kind="stable")
    # of each row the largest statistic among the cells from this place on
    largest = np.maximum.accumulate(table[:, order[::-1]], axis=1)[:, ::-1]
    adjusted = np.empty(table.shape[1])
    adjusted[order] = np.maximum.accumulate(_reaching(largest, table[0, order]))
    return adjusted


def holm(p: Table) -> Table:
    """The p-values adjusted for all of them, whatever their dependence (Holm 1979)."""
    order = np.argsort(p, kind="stable")
    adjusted = np.empty(len(p))
    adjusted[order] = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    return np.minimum(adjusted, 1.0)


def intersection_union(p: Table) -> float:
    """The p-value of "all of these hold": the largest (Berger 1982); nothing is picked, so that
    nothing is corrected for. Missing of none.
    """
    return float(np.max(p)) if len(p) else float("nan")


def smallest_p(pairs: int, two_sided: bool = False) -> float:
    """The smallest p-value that the sign-flips of this many pairs can give."""
    return float(min(1.0, (1 + two_sided) / 2.0**pairs))


def pairs_needed(cells: int, level: float, two_sided: bool = False) -> int:
    """Pairs with which cells × the smallest p-value is at most the level."""
    return max(1, ceil(log2(cells * (1 + two_sided) / level) - TIE))


def probability_of_improvement(ours: Table, theirs: Table) -> float:
    """The chance that a value of ours is above one of theirs, ties counting half: Mann and
    Whitney's U over the number of pairs (Agarwal et al. 2021, section 4.3).
    """
    if not (len(ours) and len(theirs)):
        return float("nan")
    u = stats.mannwhitneyu(ours, theirs, method="asymptotic").statistic
    return float(u / (len(ours) * len(theirs)))


def _reaching(table: Table, observed: Table) -> Table:
    return np.asarray((table >= observed - TIE).mean(axis=0), dtype=np.float64)
