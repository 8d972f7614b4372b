"""Multinomial logistic regression by scikit-learn: at its default settings, as disentanglement_lib
uses it, or without a penalty.

Before scikit-learn 0.22 its default was each class against the rest instead.
"""

import warnings
from typing import Any

import numpy as np
import numpy.typing as npt

from mtdis.metrics._sampling import FloatArray


def fit(features: FloatArray, labels: npt.NDArray[Any]) -> Any:
    """The fitted `LogisticRegression` of labels (n,) from features (n, d).

    It stops, without a word, after 100 iterations, as in the published scores.
    """
    return _fitted(features, labels)


def fit_unpenalised(features: FloatArray, labels: npt.NDArray[Any]) -> Any:
    """The one without a penalty, in which all classes weigh the same; stopped likewise."""
    return _fitted(features, labels, C=np.inf, class_weight="balanced")


def _fitted(features: FloatArray, labels: npt.NDArray[Any], **settings: Any) -> Any:
    from sklearn.exceptions import ConvergenceWarning  # a second to import
    from sklearn.linear_model import LogisticRegression

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        # a factor of many classes is one of classes all the same
        warnings.filterwarnings("ignore", "The number of unique classes", UserWarning)
        return LogisticRegression(**settings).fit(features, labels)
