"""Disentanglement, completeness and informativeness, as disentanglement_lib computes them.

The idea is Eastwood and Williams (2018, openreview By-7dz-AZ, section 2). Unlike the paper, informativeness
is a plain accuracy (higher is better) and the importances come from gradient boosting.
"""

import numpy as np
import numpy.typing as npt
from sklearn.ensemble import GradientBoostingClassifier

from mtdis.sampling import Classes, FloatArray, Sample, code_table, require_at_least

KEYS = ("informativeness_train", "informativeness_test", "disentanglement", "completeness")
INVARIANCES = frozenset({"scale"})  # a code's place and direction decide between equal splits

FLOOR = 1e-11
"""Added to every importance, so that the entropy of a dead code is defined (and maximal)."""


def score(
    codes: FloatArray,
    factors: Classes,
    *,
    seed: int = 0,
    num_train: int = 10_000,
    num_test: int = 5_000,
    batch_size: int = 16,
) -> dict[str, float]:
    """DCI of codes (N, d) for factors (N, K), each in [0, 1]; comparable only at equal d and K.

    Constant codes score 0, with informativeness at the share of the commonest class. Test classes unseen in
    training count as wrong. Raises ValueError for fewer than two codes or two varying factors, for inputs
    that `code_table` refuses, and when the training draw holds a single class of a factor. Source:
    disentanglement_lib 86a644d, `evaluation/metrics/dci.py`; defaults of its unsupervised study (minutes per
    table).
    """
    require_at_least(1, num_train=num_train, num_test=num_test, batch_size=batch_size)
    table = code_table(codes, factors, min_codes=2)
    require_at_least(2, varying_factors=len(table.sizes))
    rng = np.random.RandomState(seed)
    train = table.varied_sample(rng, num_train, batch_size)
    test = table.sample(rng, num_test, batch_size)
    importance, train_accuracy, test_accuracy = boosting(train, test, seed=seed)
    disentanglement, completeness = from_importance(importance)
    return {
        "informativeness_train": train_accuracy,
        "informativeness_test": test_accuracy,
        "disentanglement": disentanglement,
        "completeness": completeness,
    }


def from_importance(importance: npt.NDArray[np.float64]) -> tuple[float, float]:
    """Disentanglement and completeness, each in [0, 1], of importances (d ≥ 2 codes, K ≥ 2 factors) ≥ 0.

    Each is 1 − normalised entropy, of a code over factors and of a factor over codes, weighted by total
    importance. A matrix of zeros gives 0 and 0.
    """
    return _concentration(importance), _concentration(importance.T)


def boosting(train: Sample, test: Sample, *, seed: int) -> tuple[npt.NDArray[np.float64], float, float]:
    """Importance matrix (d, K), mean train and mean test accuracy of one boosted classifier per factor."""
    fits = [_boost(train, test, factor, seed) for factor in range(train[1].shape[1])]
    importances, train_accuracies, test_accuracies = zip(*fits, strict=True)
    return np.stack(importances, axis=1), float(np.mean(train_accuracies)), float(np.mean(test_accuracies))


def _boost(train: Sample, test: Sample, factor: int, seed: int) -> tuple[npt.NDArray[np.float64], float, float]:
    model = GradientBoostingClassifier(random_state=seed).fit(train[0], train[1][:, factor])
    train_accuracy, test_accuracy = (
        float(np.mean(model.predict(codes) == factors[:, factor])) for codes, factors in (train, test)
    )
    return np.abs(model.feature_importances_), train_accuracy, test_accuracy


def _concentration(importance: npt.NDArray[np.float64]) -> float:
    """Mean over rows, weighted by their sums, of 1 − entropy of the row / its largest possible value."""
    shares = (importance + FLOOR) / (importance + FLOOR).sum(axis=1, keepdims=True)
    per_row = 1 + np.sum(shares * np.log(shares), axis=1) / np.log(importance.shape[1])
    total = importance.sum()
    return float(per_row @ (importance.sum(axis=1) / total)) if total > 0 else float(np.mean(per_row))
