"""Separated attribute predictability, as disentanglement_lib computes it.

The idea is Kumar et al. (2018, arXiv 1711.00848, section 3). The factors are classes: each pair of a code and
a factor is rated by the accuracy of a linear support vector machine on that one code, unscaled, so the score
depends on the scale of the codes.
"""

import warnings
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt
from sklearn.exceptions import ConvergenceWarning
from sklearn.svm import LinearSVC

from mtdis.sampling import Classes, FloatArray, Sample, code_table, require_at_least

KEYS = ("SAP_score",)
INVARIANCES = frozenset({"permutation", "sign"})

Solver = Literal["primal", "dual"]


def score(
    codes: FloatArray,
    factors: Classes,
    *,
    seed: int = 0,
    num_train: int = 10_000,
    num_test: int = 5_000,
    batch_size: int = 16,
    solver: Solver = "primal",
) -> dict[str, float]:
    """SAP of codes (N, d) for factors (N, K), in [0, 1].

    It is the lead, in accuracy, of the code that predicts a factor best over the second best. Perfect codes
    reach only ≈ 0.2–0.4, constant codes 0. The library leaves the solver to scikit-learn, whose choice here
    is `primal` since 1.5 and was `dual` before (both can be asked for). On codes with a standard deviation
    above ≈ 10 the dual one stops unconverged, without a warning here, is slow and depends on the seed. Test
    classes unseen in training count as wrong. Raises ValueError for fewer than two codes, for inputs that
    `code_table` refuses, and when the training draw holds a single class of a factor. Source:
    disentanglement_lib 86a644d, `evaluation/metrics/sap_score.py` with discrete factors; defaults of its
    unsupervised study.
    """
    require_at_least(1, num_train=num_train, num_test=num_test, batch_size=batch_size)
    table = code_table(codes, factors, min_codes=2)
    rng = np.random.RandomState(seed)
    train = table.varied_sample(rng, num_train, batch_size)
    test = table.sample(rng, num_test, batch_size)
    return {"SAP_score": gap(accuracy_matrix(train, test, solver=solver, seed=seed))}


def gap(accuracies: npt.NDArray[np.float64]) -> float:
    """Mean over factors of the best minus the second-best accuracy (d, K) of a code."""
    second, first = np.sort(accuracies, axis=0)[-2:]
    return float(np.mean(first - second))


def accuracy_matrix(train: Sample, test: Sample, *, solver: Solver, seed: int) -> npt.NDArray[np.float64]:
    """Test accuracy (d, K) of a linear classifier of each factor (n, K) on each single code (n, d).

    Raises ValueError on an unknown solver, and when the training sample holds a single class of a factor.
    """
    if solver not in get_args(Solver):
        raise ValueError(f"unknown solver {solver!r}, expected one of {get_args(Solver)}")
    machine = LinearSVC(C=0.01, class_weight="balanced", dual=solver == "dual", random_state=seed)
    num_codes, num_factors = train[0].shape[1], train[1].shape[1]
    return np.array([[_accuracy(machine, train, test, i, k) for k in range(num_factors)] for i in range(num_codes)])


def _accuracy(machine: LinearSVC, train: Sample, test: Sample, code: int, factor: int) -> float:
    with warnings.catch_warnings():
        # stopping early is part of the published metric where scikit-learn's dual solver made it
        warnings.simplefilter("ignore", ConvergenceWarning)
        machine.fit(train[0][:, [code]], train[1][:, factor])
    return float(np.mean(machine.predict(test[0][:, [code]]) == test[1][:, factor]))
