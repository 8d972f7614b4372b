"""Interventional robustness score, as disentanglement_lib computes it.

The idea is Suter et al. (2019, arXiv 1811.00007). A code is robust if rows that agree in one factor
agree in it, however the other factors move. The library's algorithm is kept whole: factors of more
classes than bins are binned, and codes of larger spread weigh more. Codes without structure are far
from 0: Gaussian noise scores ≈ 0.35.
"""

import numpy as np
import numpy.typing as npt

from mtdis.metrics._information import discretise
from mtdis.metrics._rotations import rotated_scorer
from mtdis.metrics._sampling import Factors, FloatArray, IntArray, Sample, code_table
from mtdis.specs.metrics.irs import Irs

KEYS = ("IRS",)
INVARIANCES = frozenset(
    {"permutation", "sign"}
)  # scale: only one for all codes, it decides how they are weighed

DEFAULTS = Irs()


def score(codes: FloatArray, factors: Factors, settings: Irs = DEFAULTS) -> dict[str, float]:
    """IRS of codes (N, d) for factors (N, K), at most 1.

    Where nothing is robust it is near 0 and may fall a little below: distances are from a class's
    own mean, the largest one from the mean of all. Constant codes take no part; if none varies, the
    score is 0 by definition. Left out is the library's `num_active_dims`, which sums the codes'
    values. Raises ValueError for fewer than two varying factors, where nothing else moves and any
    code is robust, and for inputs that `code_table` refuses. Source: disentanglement_lib 86a644d,
    `evaluation/metrics/irs.py`; settings of its `config/sample/irs`.
    """
    return _values(*_samples(codes, factors, settings), settings)


def _samples(codes: FloatArray, factors: Factors, settings: Irs) -> tuple[Sample]:
    table = code_table(codes, factors, min_factors=2)
    rng = np.random.RandomState(settings.seed)
    return (table.sample(rng, settings.num_train, settings.batch_size),)


def _values(drawn: Sample, settings: Irs) -> dict[str, float]:
    sample, classes = drawn
    varying = sample[:, np.minimum(sample.var(axis=0), np.ptp(sample, axis=0)) > 0].astype(
        np.float64
    )
    if not varying.size:
        return {"IRS": 0.0}
    largest = np.max(np.abs(varying - varying.mean(axis=0)), axis=0)
    spreads = np.stack(
        [
            spread(varying, label, settings.diff_quantile)
            for label in discretise(classes, settings.num_bins).T
        ]
    )
    robustness = np.max(1 - spreads / largest, axis=0)
    return {"IRS": float(np.average(robustness, weights=largest))}


score_rotated = rotated_scorer(_samples, _values)


def spread(codes: FloatArray, labels: IntArray, quantile: float) -> npt.NDArray[np.float64]:
    """Mean over the classes of labels (n,) of a quantile (d,) of how far codes (n, d) lie from
    their class mean.
    """
    order = np.argsort(labels, kind="stable")
    groups = np.split(codes[order], np.flatnonzero(np.diff(labels[order])) + 1)
    distances = [np.abs(group - group.mean(axis=0)) for group in groups]
    return np.asarray(
        np.mean([np.percentile(d, 100 * quantile, axis=0) for d in distances], axis=0), np.float64
    )
