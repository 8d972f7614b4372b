"""How well factors follow linearly from all codes together, and codes from all factors.

What is left when the axes of the codes are taken to mean nothing: any invertible linear map of the
codes leaves the first value as it is. It is R² by ordinary least squares with an intercept, as
scikit-learn's `LinearRegression` fits it, on rows that were not fitted.
"""

import numpy as np

from mtdis.metrics._linear import explained_elsewhere
from mtdis.metrics._rotations import rotated_scorer
from mtdis.metrics._sampling import Factors, FloatArray, Sample, code_table
from mtdis.specs.metrics.linear_r2 import LinearR2

KEYS = ("factors_from_codes", "codes_from_factors")
INVARIANCES = frozenset({"permutation", "sign", "scale"})

DEFAULTS = LinearR2()


def score(codes: FloatArray, factors: Factors, settings: LinearR2 = DEFAULTS) -> dict[str, float]:
    """Mean R², at most 1, of factors (N, K) from codes (N, d), and of codes from factors.

    More is better. Chance is 0 less what fitting noise costs, d/10,000 of 10,000 rows, and
    constant codes give exactly 0. Unexplained variance is relative to that around the mean of the
    fitted rows. Constant codes take no part in the second value. Factors are classes in their
    order: of unordered and of circular ones (shape, hue, orientation) little follows linearly,
    whatever the code. A code that holds a factor in a bent way is missed in part, and the second
    value says nothing of how many codes there are: one that follows the factors outweighs none that
    do not. Raises ValueError for inputs that `code_table` refuses, and when the training draw holds
    a single class of a factor.
    """
    return _values(*_samples(codes, factors, settings), settings)


def _samples(codes: FloatArray, factors: Factors, settings: LinearR2) -> tuple[Sample, Sample]:
    return code_table(codes, factors).training_and_test(settings)


def _values(train: Sample, test: Sample, settings: LinearR2) -> dict[str, float]:
    del settings  # the draw has read them
    codes, factors, other_codes, other_factors = (
        np.asarray(part, np.float64) for part in (*train, *test)
    )
    return {
        "factors_from_codes": explained_elsewhere(codes, factors, other_codes, other_factors),
        "codes_from_factors": explained_elsewhere(factors, codes, other_factors, other_codes),
    }


score_rotated = rotated_scorer(_samples, _values)
