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
from mtdis.metrics._sampling import Factors, FloatArray, IntArray, Sample, code_table
from mtdis.specs.metrics.mcc import Mcc

KEYS = ("pearson", "pearson_cross_fitted", "spearman", "spearman_cross_fitted")
INVARIANCES = frozenset({"permutation", "sign", "scale"})

DEFAULTS = Mcc()

UNITS = {"pearson": unit_columns, "spearman": unit_ranks}
Units = dict[str, list[Floats]]
"""Kind of correlation → unit columns of all rows, of their first half, and of their second."""


def score(codes: FloatArray, factors: Factors, settings: Mcc = DEFAULTS) -> dict[str, float]:
    """Mean absolute correlation of codes (N, d) with factors (N, K), in [0, 1], more is better.

    Codes and factors are paired one to one so that the sum is largest, by Pearson's and by
    Spearman's correlation. In-sample, chance is above 0: the largest of many small correlations
    (≈ .015 for 8 codes and 10,000 rows, far more for few). The cross-fitted values, in [-1, 1],
    choose pairs and signs on one half of the drawn rows and measure on the other: chance is 0.
    Factors are classes in their order, which must mean something: shapes and colours serve badly,
    and circular factors (hue, orientation) worst, for no code follows them by one order. A code
    that is a function of a factor but not a monotone one is missed, too, and two codes that share a
    factor count once. Spearman's with n equal classes is at most √(1 − 1/n²) where a code varies
    within them (.943 for 3 shapes). Constant codes score 0. Raises ValueError for inputs that
    `code_table` refuses, and when the draw holds a single class of a factor.
    """
    sample, classes = _sample(codes, factors, settings)
    return values(sample, factor_units(classes))


def score_rotated(
    codes: FloatArray, factors: Factors, settings: Mcc, rotations: Rotations
) -> RotatedScores:
    """`score` of codes (N, d) times each rotation (d, d), of the same rows."""
    sample, classes = _sample(codes, factors, settings)
    ranked = factor_units(classes)
    for rotation in rotations:
        yield values(sample @ rotation, ranked)


def factor_units(factors: IntArray) -> Units:
    """What is correlated with, of factors (n, K), made once for many codes."""
    return {kind: [unit(part) for part in _parts(factors)] for kind, unit in UNITS.items()}


def values(codes: FloatArray, factors: Units) -> dict[str, float]:
    """The metric's values of codes (n, d) for the factors of the same rows."""
    found: dict[str, float] = {}
    for kind, unit in UNITS.items():
        parts = zip(_parts(codes), factors[kind], strict=True)
        whole, *halves = [correlate(unit(part), known) for part, known in parts]
        found |= {kind: matched(whole), f"{kind}_cross_fitted": cross_fitted(*halves)}
    return found


def _sample(codes: FloatArray, factors: Factors, settings: Mcc) -> Sample:
    rng = np.random.RandomState(settings.seed)
    return code_table(codes, factors).varied_sample(rng, settings.num_train, settings.batch_size)


def _parts(rows: Columns) -> list[Columns]:
    return [rows, *np.array_split(rows, 2)]
