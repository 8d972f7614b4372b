"""Separated attribute predictability, as disentanglement_lib computes it.

The idea is Kumar et al. (2018, arXiv 1711.00848, section 3). The factors are classes: each pair of
a code and a factor is rated by the accuracy of a linear support vector machine on that one code,
unscaled, so the score depends on the scale of the codes.
"""

import warnings

import numpy as np
import numpy.typing as npt

from mtdis.metrics._estimators import linear_svm as linear_machines
from mtdis.metrics._rotations import rotated_scorer
from mtdis.metrics._sampling import (
    Factors,
    FloatArray,
    IntArray,
    Sample,
    code_table,
)
from mtdis.specs.metrics.sap import Sap

KEYS = ("SAP_score",)
INVARIANCES = frozenset({"permutation", "sign"})

COST = 0.01
"""C of the support vector machines: the price of a violated margin."""

DEFAULTS = Sap()


def score(codes: FloatArray, factors: Factors, settings: Sap = DEFAULTS) -> dict[str, float]:
    """SAP of codes (N, d) for factors (N, K), in [0, 1].

    It is the lead, in accuracy, of the code that predicts a factor best over the second best.
    Perfect codes reach only ≈ 0.2–0.4, constant codes 0. The library leaves the solver to
    scikit-learn: `primal` is the problem that it solves since 1.5, here solved to its optimum (see
    `mtdis.metrics._estimators.linear_svm`); `dual` is scikit-learn's solver from before. On codes
    with a standard deviation above ≈ 10 the dual one stops unconverged, without a warning here, is
    slow and depends on the seed. Test classes unseen in training count as wrong. Raises ValueError
    for fewer than two codes, for inputs that `code_table` refuses, and when the training draw holds
    a single class of a factor. Source: disentanglement_lib 86a644d,
    `evaluation/metrics/sap_score.py` with discrete factors; defaults of its unsupervised study.
    """
    return _values(*_samples(codes, factors, settings), settings)


def _samples(codes: FloatArray, factors: Factors, settings: Sap) -> tuple[Sample, Sample]:
    return code_table(codes, factors, min_codes=2).training_and_test(settings)


def _values(train: Sample, test: Sample, settings: Sap) -> dict[str, float]:
    return {"SAP_score": gap(accuracy_matrix(train, test, settings))}


score_rotated = rotated_scorer(_samples, _values)


def gap(accuracies: npt.NDArray[np.float64]) -> float:
    """Mean over factors of the best minus the second-best accuracy (d, K) of a code."""
    second, first = np.sort(accuracies, axis=0)[-2:]
    return float(np.mean(first - second))


def accuracy_matrix(train: Sample, test: Sample, settings: Sap) -> npt.NDArray[np.float64]:
    """Test accuracy (d, K) of a linear classifier of each factor (n, K) on each single code (n, d).

    Raises ValueError when the training sample holds a single class of a factor.
    """
    predicted = SOLVERS[settings.solver](train, test[0], settings.seed)
    return np.stack(
        [
            np.mean(p == truth[:, None], axis=0)
            for p, truth in zip(predicted, test[1].T, strict=True)
        ],
        1,
    )


def _to_the_optimum(train: Sample, others: FloatArray, seed: int) -> list[IntArray]:
    """Per factor the classes (m, d) that each of the other codes (m, d) predicts."""
    del seed  # the optimum is unique
    return [linear_machines.predict(fitted, others) for fitted in linear_machines.fit(*train, COST)]


def _by_dual_descent(train: Sample, others: FloatArray, seed: int) -> list[IntArray]:
    """Per factor the classes (m, d) that each of the other codes (m, d) predicts."""
    from sklearn.exceptions import ConvergenceWarning  # a second to import, seldom asked for
    from sklearn.svm import LinearSVC

    codes, factors = train
    machine = LinearSVC(C=COST, class_weight="balanced", dual=True, random_state=seed)
    predicted = np.empty((factors.shape[1], *others.shape), np.int64)
    with warnings.catch_warnings():
        # stopping early is part of the published metric where scikit-learn's dual solver made it
        warnings.simplefilter("ignore", ConvergenceWarning)
        for k, i in np.ndindex(factors.shape[1], codes.shape[1]):
            machine.fit(codes[:, [i]], factors[:, k])
            predicted[k, :, i] = machine.predict(others[:, [i]])
    return list(predicted)


SOLVERS = {"primal": _to_the_optimum, "dual": _by_dual_descent}
