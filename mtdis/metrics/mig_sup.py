"""Mutual information gap of codes over factors, MIG-sup.

The idea is Li et al. (2020, arXiv 2002.10549): where MIG asks whether one code alone
knows a factor, MIG-sup asks whether a code knows one factor alone. Codes are cut into equal-width
bins and entropies are those of the drawn sample, as in `mig`; the authors take the encoder's
posterior instead of bins, and log of the number of classes.
"""

import numpy as np
import numpy.typing as npt

from mtdis.metrics._information import discretise, entropy, information_matrix
from mtdis.metrics._rotations import rotated_scorer
from mtdis.metrics._sampling import Factors, FloatArray, Sample, code_table
from mtdis.specs.metrics.mig_sup import MigSup

KEYS = ("mig_sup",)
INVARIANCES = frozenset({"permutation", "sign", "scale"})  # scale: unless narrow codes are pruned

DEFAULTS = MigSup()


def score(codes: FloatArray, factors: Factors, settings: MigSup = DEFAULTS) -> dict[str, float]:
    """MIG-sup of codes (N, d) for factors (N, K), in [0, 1], more is better, chance near 0.

    It is the share of its best factor's entropy that a code holds, less that of the second best,
    averaged over the codes that vary; constant codes take no part, and score 0 if all are. So
    it says nothing of factors that no code holds, nor of codes that hold the same one: all
    codes equal to one factor score 1; and a factor of more classes than bins is never held
    whole. Raises ValueError for fewer than two varying factors, for inputs that `code_table`
    refuses, and when the draw holds a single class of a factor.
    """
    return _values(*_samples(codes, factors, settings), settings)


def _samples(codes: FloatArray, factors: Factors, settings: MigSup) -> tuple[Sample]:
    return code_table(codes, factors, min_factors=2).training(settings)


def _values(sample: Sample, settings: MigSup) -> dict[str, float]:
    codes, factors = sample
    # rounding can give a constant column a tiny deviation
    varies = (codes.std(axis=0) > settings.prune_threshold) & (np.ptp(codes, axis=0) > 0)
    if not varies.any():
        return {"mig_sup": 0.0}
    information = information_matrix(discretise(codes[:, varies], settings.num_bins), factors)
    return {"mig_sup": gap(information, np.array([entropy(column) for column in factors.T]))}


score_rotated = rotated_scorer(_samples, _values)


def gap(information: npt.NDArray[np.float64], entropies: npt.NDArray[np.float64]) -> float:
    """Mean over codes of the largest − second-largest share of a factor's entropy (K ≥ 2,) in
    the     information (d, K).
    """
    second, first = np.sort(information / entropies, axis=1).T[-2:]
    return float(np.mean(first - second))
