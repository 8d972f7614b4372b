"""Multinomial logistic regression: scikit-learn's `LogisticRegression`, about three times faster.

It has that class's objective, solver and stopping rule at its default settings, as of version 1.9:
an L2 penalty with C = 1 on all but the intercepts, L-BFGS from zero. Before 0.22 scikit-learn's
default was each class against the rest instead. The time is saved by working on arrays of classes ×
rows, whose sums numpy vectorises.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from mtdis.metrics._sampling import FloatArray

Array = npt.NDArray[np.float64]

OPTIONS: Any = {
    "maxiter": 100,
    "maxls": 50,
    "gtol": 1e-4,
    "ftol": 64 * float(np.finfo(np.float64).eps),
}


@dataclass(frozen=True)
class Model:
    """A fitted classifier."""

    classes: npt.NDArray[Any]  # (C,), sorted
    weights: Array  # (C, d + 1), the intercept last

    def probabilities(self, features: FloatArray) -> Array:
        """Probability (C, n) of each class for features (n, d)."""
        return _softmax(self.weights @ _with_ones(features).T)[0]

    def predict(self, features: FloatArray) -> npt.NDArray[Any]:
        """The most probable class (n,) for features (n, d); ties go to the lowest."""
        return np.asarray(self.classes[np.argmax(self.weights @ _with_ones(features).T, axis=0)])


def fit(features: FloatArray, labels: npt.NDArray[Any]) -> Model:
    """The classifier of labels (n,) from features (n, d).

    It stops, without a word, after 100 iterations.

    Raises ValueError when the labels hold a single class.
    """
    from scipy.optimize import minimize  # slow to import

    classes, numbers = np.unique(labels, return_inverse=True)
    if len(classes) < 2:
        raise ValueError(
            f"all {len(labels)} labels are of class {classes.tolist()}: at least two classes are"
            " needed"
        )
    objective = _Objective(features, numbers, len(classes))
    found = minimize(
        objective, np.zeros(objective.shape).ravel(), jac=True, method="L-BFGS-B", options=OPTIONS
    )
    return Model(classes, found.x.reshape(objective.shape))


class _Objective:
    """Mean log-loss plus penalty, and its gradient, as a function of the weights (C·(d + 1),)."""

    def __init__(
        self, features: FloatArray, labels: npt.NDArray[np.intp], num_classes: int
    ) -> None:
        self.rows = _with_ones(features)
        self.columns = np.ascontiguousarray(self.rows.T)
        self.own = (labels, np.arange(len(labels)))
        self.shape = (num_classes, self.rows.shape[1])
        members = labels == np.arange(num_classes)[:, None]
        self.target = members @ self.rows / len(labels)
        # two classes are one vector w to scikit-learn; here they are w/2 and −w/2, whose squares
        # add up to half
        self.penalty = (2 if num_classes == 2 else 1) / len(labels)

    def __call__(self, flat: Array) -> tuple[float, Array]:
        weights = flat.reshape(self.shape)
        logits = weights @ self.columns
        own = logits[self.own]
        probabilities, log_totals = _softmax(logits)
        gradient = probabilities @ self.rows / len(own) - self.target
        gradient[:, :-1] += self.penalty * weights[:, :-1]
        loss = np.mean(log_totals - own) + self.penalty / 2 * np.sum(weights[:, :-1] ** 2)
        return float(loss), gradient.ravel()


def _with_ones(features: FloatArray) -> Array:
    return np.column_stack([features, np.ones(len(features))]).astype(np.float64)


def _softmax(logits: Array) -> tuple[Array, Array]:
    """Probabilities (C, n), in the memory of the logits (C, n), and the logarithm (n,) of their sum
    of exponentials.
    """
    largest = logits.max(axis=0)
    logits -= largest  # so that no exponential overflows
    np.exp(logits, out=logits)
    totals = logits.sum(axis=0)
    logits /= totals
    return logits, largest + np.log(totals)
