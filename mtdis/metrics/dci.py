"""Disentanglement, completeness and informativeness, as disentanglement_lib computes them.

The idea is Eastwood and Williams (2018, openreview By-7dz-AZ, section 2). Unlike the paper,
informativeness is a plain accuracy (higher is better) and the importances come from gradient
boosting. By choice they are instead what boosting loses on test rows without a code, or the paper's
own: coefficients of a lasso.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from mtdis.metrics import _linear as linear
from mtdis.metrics._estimators.boosting import fit
from mtdis.metrics._rotations import rotated_scorer
from mtdis.metrics._sampling import Factors, FloatArray, IntArray, Sample, code_table
from mtdis.metrics.modularity import standardise
from mtdis.specs.metrics.dci import Dci

KEYS = ("informativeness_train", "informativeness_test", "disentanglement", "completeness")
INVARIANCES = frozenset({"scale"})  # a code's place and direction decide between equal splits

Labels = npt.NDArray[np.int64]
Importance = tuple[npt.NDArray[np.float64], float, float]
"""Importance matrix (d, K), and mean informativeness of the training and of the test rows."""

FLOOR = 1e-11
"""Added to every importance, so that the entropy of a dead code is defined (and maximal)."""
PENALTY = 0.02
"""Of the lasso on standardised codes and factors: that of the paper's released code for all models
(cianeastwood/qedr 4fc43f4, `quantify.ipynb`)."""

DEFAULTS = Dci()


class Fit(NamedTuple):
    """A boosted classifier of one factor."""

    importances: npt.NDArray[np.float64]
    """(d,)"""
    fitted: Labels
    """Predictions for the training rows."""
    predict: Callable[[FloatArray], Labels]


def score(codes: FloatArray, factors: Factors, settings: Dci = DEFAULTS) -> dict[str, float]:
    """DCI of codes (N, d) for factors (N, K), each in [0, 1]; comparable only at equal d and K.

    Constant codes score 0, with informativeness at the share of the commonest class. Test classes
    unseen in training count as wrong. Raises ValueError for fewer than two codes or two varying
    factors, for inputs that `code_table` refuses, and when the training draw holds a single class
    of a factor. Source: disentanglement_lib 86a644d, `evaluation/metrics/dci.py`; defaults of its
    unsupervised study. The estimator 'mtdis' grows scikit-learn's trees, many times faster (see
    `mtdis.metrics._estimators.boosting`).

    `importance` says whose importances they are. 'gain' is the library's, of training rows; it
    prefers codes with many values. 'permutation' sees test rows: two codes that say the same cover
    for each other, and chance losses make codes that know nothing look shared. 'lasso' is the
    paper's linear variant; informativeness is then R² (at most 1, 0 for constant codes), factors
    are classes in their order, what a code holds in a bent way is missed, of two codes that say the
    same it keeps one, so that completeness stays 1 (.62 by gain), and of noise the few coefficients
    that chance leaves look disentangled (.43 measured).
    """
    return _values(*_samples(codes, factors, settings), settings)


def _samples(codes: FloatArray, factors: Factors, settings: Dci) -> tuple[Sample, Sample]:
    return code_table(codes, factors, min_codes=2, min_factors=2).training_and_test(settings)


def _values(train: Sample, test: Sample, settings: Dci) -> dict[str, float]:
    importance, on_train, on_test = IMPORTANCES[settings.importance](train, test, settings)
    disentanglement, completeness = from_importance(importance)
    return {
        "informativeness_train": on_train,
        "informativeness_test": on_test,
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


def boosting(train: Sample, test: Sample, settings: Dci) -> Importance:
    """The decrease of impurity by each code in a boosted classifier per factor, and accuracies."""
    fits = _fits(train, settings)
    predicted = [one.predict(test[0]) for one in fits]
    importance = np.stack([one.importances for one in fits], axis=1)
    return (
        importance,
        float(np.mean(_accuracies([one.fitted for one in fits], train[1]))),
        float(np.mean(_accuracies(predicted, test[1]))),
    )


def permutation(train: Sample, test: Sample, settings: Dci) -> Importance:
    """The accuracy that boosted classifiers lose where a code's test rows are permuted, at least 0,
    and accuracies.
    """
    fits = _fits(train, settings)
    codes, truth = test
    whole = _accuracies([one.predict(codes) for one in fits], truth)
    rng = np.random.RandomState(settings.seed)
    losses = []
    for column in range(codes.shape[1]):
        without = codes.copy()
        without[:, column] = rng.permutation(codes[:, column])
        losses.append(whole - _accuracies([one.predict(without) for one in fits], truth))
    fitted = _accuracies([one.fitted for one in fits], train[1])
    return np.maximum(losses, 0.0), float(np.mean(fitted)), float(np.mean(whole))


def lasso(train: Sample, test: Sample, settings: Dci) -> Importance:
    """Absolute coefficients (d, K) of a lasso of each factor on all codes, and R²; both tables are
    standardised by the training rows.
    """
    del settings  # nothing is drawn
    known, others = standardise(train[0], test[0])
    wanted, truth = standardise(*(part.astype(np.float64) for part in (train[1], test[1])))
    weights = linear.lasso(known, wanted, PENALTY)
    importance = np.zeros((train[0].shape[1], wanted.shape[1]))
    importance[linear.live_columns(train[0])] = np.abs(weights)
    on_train, on_test = (_explained(y, x @ weights) for x, y in ((known, wanted), (others, truth)))
    return importance, on_train, on_test


IMPORTANCES = {"gain": boosting, "permutation": permutation, "lasso": lasso}


def _fits(train: Sample, settings: Dci) -> list[Fit]:
    fit_one = ESTIMATORS[settings.estimator]
    return [fit_one(train[0], labels, settings.seed) for labels in train[1].T]


def _accuracies(predicted: list[Labels], factors: IntArray) -> npt.NDArray[np.float64]:
    """(K,)"""
    pairs = zip(predicted, factors.T, strict=True)
    return np.array([np.mean(found == labels) for found, labels in pairs])


def _explained(wanted: npt.NDArray[np.float64], predicted: npt.NDArray[np.float64]) -> float:
    """Mean R² of columns (n, K) of fitted mean 0, over those that leave it; 0 without any."""
    apart = (wanted**2).sum(axis=0)
    left = ((wanted - predicted) ** 2).sum(axis=0)
    kept = apart > 0  # few rows may be the mean
    return float(np.mean(1 - left[kept] / apart[kept])) if kept.any() else 0.0


def _own_trees(codes: FloatArray, labels: Labels, seed: int) -> Fit:
    model = fit(codes, labels, seed=seed)
    return Fit(model.importances, model.fitted, model.predict)


def _sklearn_trees(codes: FloatArray, labels: Labels, seed: int) -> Fit:
    from sklearn.ensemble import GradientBoostingClassifier  # a second to import, seldom asked for

    model = GradientBoostingClassifier(random_state=seed).fit(codes, labels)
    return Fit(np.abs(model.feature_importances_), model.predict(codes), model.predict)


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
