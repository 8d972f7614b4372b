"""Mutual information gap of the best code of each factor, DCIMIG.

The idea is Sepliarskaia et al. (2019, arXiv 1910.05587; also called 3CharM): a code belongs to the
factor that it knows best, by as much as it knows of it beyond any other; a factor counts by the
best of its codes. Codes are cut into equal-width bins and entropies are those of the drawn sample,
as in `mig`.
"""

import numpy as np
import numpy.typing as npt

from mtdis.metrics._information import discretise, entropy, information_matrix
from mtdis.metrics._rotations import rotated_scorer
from mtdis.metrics._sampling import Factors, FloatArray, Sample, code_table
from mtdis.specs.metrics.dcimig import Dcimig

KEYS = ("dcimig",)
INVARIANCES = frozenset({"permutation", "sign", "scale"})

DEFAULTS = Dcimig()


def score(codes: FloatArray, factors: Factors, settings: Dcimig = DEFAULTS) -> dict[str, float]:
    """DCIMIG of codes (N, d) for factors (N, K), in [0, 1], more is better, chance near 0.

    It is 1 if each factor has a code that holds all of it and nothing of any other, which takes as
    many bins as classes; more such codes of one factor cost nothing. A factor to which no code
    belongs counts 0, and factors of more entropy weigh more, as gaps and entropies are summed
    before they are divided: a network that misses only the smallest factor hardly loses.
    Constant codes score 0. Raises ValueError for fewer than two varying factors, for inputs
    that `code_table` refuses, and when the draw holds a single class of a factor.
    """
    return _values(*_samples(codes, factors, settings), settings)


def _samples(codes: FloatArray, factors: Factors, settings: Dcimig) -> tuple[Sample]:
    return code_table(codes, factors, min_factors=2).training(settings)


def _values(sample: Sample, settings: Dcimig) -> dict[str, float]:
    codes, factors = sample
    information = information_matrix(discretise(codes, settings.num_bins), factors)
    return {"dcimig": gap(information, np.array([entropy(column) for column in factors.T]))}


score_rotated = rotated_scorer(_samples, _values)


def gap(information: npt.NDArray[np.float64], entropies: npt.NDArray[np.float64]) -> float:
    """Sum over factors of the largest lead of a code that knows the factor best, over that of the
    entropies (K ≥ 2,), from the information (d, K).
    """
    second, first = np.sort(information, axis=1).T[-2:]
    belongs = information.argmax(axis=1)[:, None] == np.arange(len(entropies))
    leads = np.where(belongs, (first - second)[:, None], 0.0)
    return float(leads.max(axis=0).sum() / entropies.sum())
