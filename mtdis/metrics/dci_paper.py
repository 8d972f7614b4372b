"""Disentanglement, completeness, informativeness by Appendix B.4 of the paper; `dci` was run.

Three things differ. The logarithms of completeness have the number of factors as base (log n) and
those of disentanglement the number of codes (log d), the wrong way round: where there are more
codes than factors, completeness can fall below 0 and disentanglement never reaches it. Completeness
is a plain mean over factors. And informativeness is a prediction error, normalised by that of a
random mapping: less is better. The upper limits of the sums, which the appendix swaps too, are read
as "all codes" and "all factors", without which its shares would not add up to 1.
"""

from math import log

import numpy as np
import numpy.typing as npt

from mtdis.metrics._sampling import Factors, FloatArray, IntArray, code_table
from mtdis.metrics.dci import ESTIMATORS, FLOOR
from mtdis.specs.metrics.dci_paper import DciPaper

KEYS = ("disentanglement", "completeness", "normalised_error")
INVARIANCES = frozenset({"scale"})  # as for `dci`

Floats = npt.NDArray[np.float64]

DEFAULTS = DciPaper()


def score(codes: FloatArray, factors: Factors, settings: DciPaper = DEFAULTS) -> dict[str, float]:
    """DCI of Appendix B.4 of codes (N, d) for factors (N, K).

    Disentanglement is in [1 − ln K/ln d, 1], completeness in [1 − ln d/ln K, 1], and constant codes
    get the lower ends, which are 0 only if d = K. The normalised error of test rows is 0 if all are
    predicted right, about 1 for predictions at random, above 1 for worse ones. Where the appendix
    is silent (draws, trees, their importances) it is disentanglement_lib's DCI. Raises ValueError
    as `dci` does.
    """
    train, test = code_table(codes, factors, min_codes=2, min_factors=2).training_and_test(settings)
    fit_one = ESTIMATORS[settings.estimator]
    fits = [fit_one(train[0], labels, settings.seed) for labels in train[1].T]
    importance = np.stack([fitted.importances for fitted in fits], axis=1)
    predicted = np.stack([fitted.predict(test[0]) for fitted in fits], axis=1)
    disentanglement, completeness = from_importance(importance)
    return {
        "disentanglement": disentanglement,
        "completeness": completeness,
        "normalised_error": normalised_error(train[1], test[1], predicted),
    }


def from_importance(importance: Floats) -> tuple[float, float]:
    """Disentanglement and completeness of importances (d ≥ 2 codes, K ≥ 2 factors) ≥ 0.

    As in disentanglement_lib a dead row or column counts as uniform; if all are 0, codes weigh
    alike.
    """
    num_codes, num_factors = importance.shape
    total = importance.sum()
    weights = importance.sum(axis=1) / total if total > 0 else np.full(num_codes, 1 / num_codes)
    disentanglement = weights @ _concentrations(importance, base=num_codes)
    return float(disentanglement), float(np.mean(_concentrations(importance.T, base=num_factors)))


def normalised_error(train: IntArray, test: IntArray, predicted: IntArray) -> float:
    """Mean over factors of the share of wrong predictions (m, K), over its expectation for a random
    mapping.

    The mapping is random if it draws a class as often as the training factors (n, K) show it,
    whatever the code.
    """
    wrong = np.mean(predicted != test, axis=0)
    size = int(max(train.max(), test.max())) + 1
    random_errors = []
    for columns in zip(train.T, test.T, strict=True):
        shares = (np.bincount(labels, minlength=size) / len(labels) for labels in columns)
        random_errors.append(float(1 - np.dot(*shares)))
    return float(np.mean(wrong / random_errors))


def _concentrations(importance: Floats, base: int) -> Floats:
    """1 + Σ p log p of each row, where p are the row's shares and the logarithm has this base."""
    shares = (importance + FLOOR) / (importance + FLOOR).sum(axis=1, keepdims=True)
    return np.asarray(1 + np.sum(shares * np.log(shares), axis=1) / log(base))
