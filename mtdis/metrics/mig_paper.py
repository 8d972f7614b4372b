"""Mutual information gap by the formula of the paper's Appendix B.1, which is not what was run (see
`mig`).

A factor's gap is divided by the information that all codes together hold about it, Σⱼ I(zᵢ, z̃ⱼ),
and not by the factor's entropy. So it rates how concentrated the information is, however little
there is of it. The sum's upper limit m, "the dimension of ground truth components space", is read
as the number of codes, over which it runs.
"""

import numpy as np
import numpy.typing as npt

from mtdis.metrics._information import discretise, information_matrix
from mtdis.metrics._rotations import rotated_scorer
from mtdis.metrics._sampling import Factors, FloatArray, Sample, code_table
from mtdis.specs.metrics.mig_paper import MigPaper

KEYS = ("discrete_mig",)
INVARIANCES = frozenset({"permutation", "sign", "scale"})

DEFAULTS = MigPaper()


def score(codes: FloatArray, factors: Factors, settings: MigPaper = DEFAULTS) -> dict[str, float]:
    """MIG of Appendix B.1 of codes (N, d) for factors (N, K), in [0, 1].

    Where the appendix is silent (sample, bins, estimator) it is disentanglement_lib's MIG. A factor
    of which no code holds any information counts 0, so constant codes score 0. A weak code beside
    constant ones scores 1. Raises ValueError as `mig` does.
    """
    return _values(*_samples(codes, factors, settings), settings)


def _samples(codes: FloatArray, factors: Factors, settings: MigPaper) -> tuple[Sample]:
    return code_table(codes, factors, min_codes=2).training(settings)


def _values(sample: Sample, settings: MigPaper) -> dict[str, float]:
    codes, factors = sample
    return {"discrete_mig": gap(information_matrix(discretise(codes, settings.num_bins), factors))}


score_rotated = rotated_scorer(_samples, _values)


def gap(information: npt.NDArray[np.float64]) -> float:
    """Mean over factors of (largest − second-largest information (d, K) of a code) / their sum.

    0/0 is 0.
    """
    second, first = np.sort(information, axis=0)[-2:]
    total = information.sum(axis=0)
    return float(np.mean((first - second) / np.where(total > 0, total, 1.0)))
