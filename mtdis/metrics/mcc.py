"""Mean correlation coefficient of codes with the factors that they are matched to one to one.

The idea is Hyvärinen and Morioka's (2016, arXiv 1605.06336, section 5), the name and the use for
identifiability Khemakhem et al.'s (2020, arXiv 1907.04809, section 4). They have as many codes as
factors; here a factor without a code of its own counts as 0.
"""

import numpy as np

from mtdis.metrics._matching import (
    Columns,
    Floats,
    correlate,
    cross_fitted,
    matched,
    unit_columns,
    unit_ranks,
)
from mtdis.metrics._rotations import RotatedScores, Rotations
from mtdis.metrics._sampling import Factors, FloatArray, Sample, code_table
from mtdis.specs.metrics.mcc import Mcc

KEYS = ("pearson", "pearson_cross_fitted", "spearman", "spearman_cross_fitted")
INVARIANCES = frozenset({"permutation", "sign", "scale"})

DEFAULTS = Mcc()

UNITS = {"pearson": unit_columns, "spearman": unit_ranks}
Halves = tuple[Columns, Columns]
Units = dict[str, list[Floats]]
"""Kind of correlation → unit columns of all rows, and of either half."""


def score(codes: FloatArray, factors: Factors, settings: Mcc = DEFAULTS) -> dict[str, float]:
    """Mean absolute correlation of codes (N, d) with factors (N, K), in [0, 1], more is better.

    Codes and factors are paired one to one so that the sum is largest, by Pearson's and by
    Spearman's correlation. In-sample, chance is above 0: the largest of many small correlations
    (≈ .02 for 8 codes, 5 factors and 10,000 rows, far more for few). The cross-fitted values, in
    [-1, 1], choose pairs and signs on one half of the drawn images and measure on the other: chance
    is 0. Factors are classes in their order, which must mean something: shapes and colours serve
    badly, and circular factors (hue, orientation) worst, for no code follows them by one order. A
    code that is a function of a factor but not a monotone one is missed, too, and two codes that
    share a factor count once. Spearman's with n equal classes is at most √(1 − 1/n²) where a
    code varies within them (.943 for 3 shapes). Constant codes score 0. Raises ValueError for
    inputs that `code_table` refuses, and when the draw holds a single class of a factor.
    """
    first, second = _samples(codes, factors, settings)
    return values((first[0], second[0]), factor_units((first[1], second[1])))


def score_rotated(
    codes: FloatArray, factors: Factors, settings: Mcc, rotations: Rotations
) -> RotatedScores:
    """`score` of codes (N, d) times each rotation (d, d), of the same rows."""
    first, second = _samples(codes, factors, settings)
    known = factor_units((first[1], second[1]))
    for rotation in rotations:
        yield values((first[0] @ rotation, second[0] @ rotation), known)


def factor_units(factors: Halves) -> Units:
    """What codes are correlated with, of factors in two halves of rows; once for many codes."""
    return {kind: [unit(part) for part in _parts(factors)] for kind, unit in UNITS.items()}


def values(codes: Halves, factors: Units) -> dict[str, float]:
    """The metric's values of codes (n, d), in two halves of rows, for the factors of the same."""
    found: dict[str, float] = {}
    for kind, unit in UNITS.items():
        parts = zip(_parts(codes), factors[kind], strict=True)
        whole, *halves = [correlate(unit(part), known) for part, known in parts]
        found |= {kind: matched(whole), f"{kind}_cross_fitted": cross_fitted(*halves)}
    return found


def _samples(codes: FloatArray, factors: Factors, settings: Mcc) -> tuple[Sample, Sample]:
    rng = np.random.RandomState(settings.seed)
    return code_table(codes, factors).halves(rng, settings.num_train, settings.batch_size)


def _parts(halves: Halves) -> list[Columns]:
    return [np.concatenate(halves), *halves]
