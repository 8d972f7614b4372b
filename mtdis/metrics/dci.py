"""Disentanglement, completeness and informativeness, as disentanglement_lib computes them.

The idea is Eastwood and Williams (2018, openreview By-7dz-AZ, section 2). Unlike the paper,
informativeness is a plain accuracy (higher is better) and the importances come from gradient
boosting.
"""

import numpy as np
import numpy.typing as npt

from mtdis.metrics._estimators.boosting import fit
from mtdis.metrics._rotations import rotated_scorer
from mtdis.metrics._sampling import Factors, FloatArray, Sample, code_table
from mtdis.specs.metrics.dci import Dci

KEYS = ("informativeness_train", "informativeness_test", "disentanglement", "completeness")
INVARIANCES = frozenset({"scale"})  # a code's place and direction decide between equal splits

Labels = npt.NDArray[np.int64]
Fit = tuple[npt.NDArray[np.float64], Labels, Labels]
"""Importances (d,), predictions for the training rows, predictions for the test rows."""

FLOOR = 1e-11
"""Added to every importance, so that the entropy of a dead code is defined (and maximal)."""

DEFAULTS = Dci()


def score(codes: FloatArray, factors: Factors, settings: Dci = DEFAULTS) -> dict[str, float]:
    """DCI of codes (N, d) for factors (N, K), each in [0, 1]; comparable only at equal d and K.

    Constant codes score 0, with informativeness at the share of the commonest class. Test classes
    unseen in training count as wrong. Raises ValueError for fewer than two codes or two varying
    factors, for inputs that `code_table` refuses, and when the training draw holds a single class
    of a factor. Source: disentanglement_lib 86a644d, `evaluation/metrics/dci.py`; defaults of its
    unsupervised study. The estimator 'mtdis' grows scikit-learn's trees, many times faster (see
    `mtdis.metrics._estimators.boosting`).
    """
    return _values(*_samples(codes, factors, settings), settings)


def _samples(codes: FloatArray, factors: Factors, settings: Dci) -> tuple[Sample, Sample]:
    table = code_table(codes, factors, min_codes=2, min_factors=2)
    rng = np.random.RandomState(settings.seed)
    train = table.varied_sample(rng, settings.num_train, settings.batch_size)
    return train, table.sample(rng, settings.num_test, settings.batch_size)


def _values(train: Sample, test: Sample, settings: Dci) -> dict[str, float]:
    importance, train_accuracy, test_accuracy = boosting(train, test, settings)
    disentanglement, completeness = from_importance(importance)
    return {
        "informativeness_train": train_accuracy,
        "informativeness_test": test_accuracy,
        "disentanglement": disentanglement,
        "completeness": completeness,
    }


score_rotated = rotated_scorer(_samples, _values)


def from_importance(importance: npt.NDArray[np.float64]) -> tuple[float, float]:
    """Disentanglement and completeness, each in [0, 1], of importances (d ≥ 2 codes, K ≥ 2 factors)
    ≥ 0.

    Each is 1 − normalised entropy, of a code over factors and of a factor over codes, weighted by
    total importance. A matrix of zeros gives 0 and 0. Where every factor's importances sum to 1, C
    is D·ln K/ln d and what the codes' weights lack of even ones, (ln d − H)/ln d: nearly one
    number, and never below D·ln K/ln d.
    """
    return _concentration(importance), _concentration(importance.T)


def boosting(
    train: Sample, test: Sample, settings: Dci
) -> tuple[npt.NDArray[np.float64], float, float]:
    """Importance matrix (d, K), mean train and mean test accuracy of one boosted classifier per
    factor.
    """
    fit_one = ESTIMATORS[settings.estimator]
    fits = [fit_one(train[0], labels, test[0], settings.seed) for labels in train[1].T]
    importances, fitted, predicted = zip(*fits, strict=True)
    train_accuracy = np.mean(
        [np.mean(f == labels) for f, labels in zip(fitted, train[1].T, strict=True)]
    )
    test_accuracy = np.mean(
        [np.mean(p == labels) for p, labels in zip(predicted, test[1].T, strict=True)]
    )
    return np.stack(importances, axis=1), float(train_accuracy), float(test_accuracy)


def _own_trees(codes: FloatArray, labels: Labels, others: FloatArray, seed: int) -> Fit:
    model = fit(codes, labels, seed=seed)
    return model.importances, model.fitted, model.predict(others)


def _sklearn_trees(codes: FloatArray, labels: Labels, others: FloatArray, seed: int) -> Fit:
    from sklearn.ensemble import GradientBoostingClassifier  # a second to import, seldom asked for

    model = GradientBoostingClassifier(random_state=seed).fit(codes, labels)
    return np.abs(model.feature_importances_), model.predict(codes), model.predict(others)


ESTIMATORS = {"mtdis": _own_trees, "sklearn": _sklearn_trees}


def _concentration(importance: npt.NDArray[np.float64]) -> float:
    """Mean over rows, weighted by their sums, of 1 − entropy of the row / its largest possible
    value.
    """
    shares = (importance + FLOOR) / (importance + FLOOR).sum(axis=1, keepdims=True)
    per_row = 1 + np.sum(shares * np.log(shares), axis=1) / np.log(importance.shape[1])
    total = importance.sum()
    return (
        float(per_row @ (importance.sum(axis=1) / total)) if total > 0 else float(np.mean(per_row))
    )
