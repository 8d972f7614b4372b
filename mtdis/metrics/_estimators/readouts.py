"""Classifiers that read a factor's class from all codes, by name."""

import numpy as np

from mtdis.metrics._estimators import logistic
from mtdis.metrics._estimators.boosting import fit
from mtdis.metrics._sampling import FloatArray, IntArray


def predict(
    readout: str, codes: FloatArray, labels: IntArray, others: FloatArray, seed: int
) -> IntArray:
    """The class of each of the other codes (m, d), learned from codes (n, d) and labels (n,).

    `readout` is a name of READOUTS. Codes that are all of one class, or have no columns, teach the
    commonest class alone.
    """
    if not codes.shape[1] or (labels == labels[0]).all():
        return np.full(len(others), np.bincount(labels).argmax())
    return READOUTS[readout](codes, labels, others, seed)


def _logistic(codes: FloatArray, labels: IntArray, others: FloatArray, seed: int) -> IntArray:
    del seed  # it draws nothing
    return np.asarray(logistic.fit(codes, labels).predict(others))


def _trees(codes: FloatArray, labels: IntArray, others: FloatArray, seed: int) -> IntArray:
    return np.asarray(fit(codes, labels, seed=seed).predict(others))


READOUTS = {"logistic": _logistic, "trees": _trees}
"""Multinomial logistic regression by scikit-learn's default, and the boosted trees of `dci`."""
