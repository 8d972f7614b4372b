"""Mutual information gap, as disentanglement_lib computes it.

The idea is Chen et al. (2018, arXiv 1802.04942, eq. 6). Two divergences from the paper are the
library's: codes are cut into equal-width bins, and the entropy that normalises a factor's gap is
the one of the drawn sample.
"""

import numpy as np
import numpy.typing as npt

from mtdis.metrics._information import discretise, entropy, information_matrix
from mtdis.metrics._rotations import rotated_scorer
from mtdis.metrics._sampling import Factors, FloatArray, Sample, code_table
from mtdis.specs.metrics.mig import Mig

KEYS = ("discrete_mig",)
INVARIANCES = frozenset({"permutation", "sign", "scale"})

DEFAULTS = Mig()


def score(codes: FloatArray, factors: Factors, settings: Mig = DEFAULTS) -> dict[str, float]:
    """MIG of codes (N, d) for factors (N, K), in [0, 1].

    It is the share of a factor's entropy that its best code holds beyond the second best. A
    constant code carries no information, so constant codes score 0. Raises ValueError for fewer
    than two codes, for inputs that `code_table` refuses, and when the draw holds a single class of
    a factor. Source: disentanglement_lib 86a644d, `evaluation/metrics/mig.py`; defaults of its
    unsupervised study (Locatello et al. 2019).
    """
    return _values(*_samples(codes, factors, settings), settings)


def _samples(codes: FloatArray, factors: Factors, settings: Mig) -> tuple[Sample]:
    return code_table(codes, factors, min_codes=2).training(settings)


def _values(sample: Sample, settings: Mig) -> dict[str, float]:
    codes, factors = sample
    information = information_matrix(discretise(codes, settings.num_bins), factors)
    entropies = np.array([entropy(column) for column in factors.T])
    return {"discrete_mig": gap(information, entropies)}


score_rotated = rotated_scorer(_samples, _values)


def gap(information: npt.NDArray[np.float64], entropies: npt.NDArray[np.float64]) -> float:
    """Mean over factors of (largest − second-largest information (d, K) of a code) / entropy
    (K,).
    """
    second, first = np.sort(information, axis=0)[-2:]
    return float(np.mean((first - second) / entropies))
