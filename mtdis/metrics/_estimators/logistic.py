"""Multinomial logistic regression by scikit-learn at its default settings, as the library uses it.

Before scikit-learn 0.22 its default was each class against the rest instead.
"""

import warnings
from typing import Any

import numpy.typing as npt

from mtdis.metrics._sampling import FloatArray


def fit(features: FloatArray, labels: npt.NDArray[Any]) -> Any:
    """The fitted `LogisticRegression` of labels (n,) from features (n, d).

    It stops, without a word, after 100 iterations, as in the published scores.
    """
    from sklearn.exceptions import ConvergenceWarning  # a second to import
    from sklearn.linear_model import LogisticRegression

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return LogisticRegression().fit(features, labels)
