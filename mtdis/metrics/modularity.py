"""Modularity and explicitness, as disentanglement_lib computes them.

The idea is Ridgeway and Mozer (2018, arXiv 1802.05312, section 2): a modular code informs about one
factor only, and codes are explicit if a linear classifier reads each class of a factor from them.
Unlike the paper, a code without information counts as 0 in modularity, and explicitness is the
plain area under the curve.
"""

from typing import Any

import numpy as np
import numpy.typing as npt

from mtdis.metrics._estimators import logistic
from mtdis.metrics._information import discretise, information_matrix
from mtdis.metrics._rotations import rotated_scorer
from mtdis.metrics._sampling import (
    Factors,
    FloatArray,
    IntArray,
    Sample,
    code_table,
)
from mtdis.specs.metrics.modularity import Modularity

KEYS = ("modularity_score", "explicitness_score_train", "explicitness_score_test")
INVARIANCES = frozenset({"permutation", "sign", "scale"})

DEFAULTS = Modularity()


def score(codes: FloatArray, factors: Factors, settings: Modularity = DEFAULTS) -> dict[str, float]:
    """Modularity in [0, 1] and explicitness in [0, 1], chance 0.5, of codes (N, d) for factors (N,
    K).

    Modularity of noise is high (0.6–0.7 measured): the little information that chance gives is
    uneven, too. Constant codes have modularity 0 and explicitness 0.5: the classifier does not see
    them (the library divides by their deviation of 0). A class that the test draw lacks has no
    curve there and is left out; one that only the test draw has counts as chance, 0.5 (the library
    stops with an error in both cases). Raises ValueError for fewer than two varying factors, for
    inputs that `code_table` refuses, and when a draw holds a single class of a factor. Source:
    disentanglement_lib 86a644d, `evaluation/metrics/modularity_explicitness.py`; defaults of its
    unsupervised study.
    """
    return _values(*_samples(codes, factors, settings), settings)


def _samples(codes: FloatArray, factors: Factors, settings: Modularity) -> tuple[Sample, Sample]:
    table = code_table(codes, factors, min_factors=2)
    rng = np.random.RandomState(settings.seed)
    train = table.varied_sample(rng, settings.num_train, settings.batch_size)
    return train, table.varied_sample(rng, settings.num_test, settings.batch_size)


def _values(train: Sample, test: Sample, settings: Modularity) -> dict[str, float]:
    explicitness_train, explicitness_test = explicitness(train, test)
    return {
        "modularity_score": modularity(
            information_matrix(discretise(train[0], settings.num_bins), train[1])
        ),
        "explicitness_score_train": explicitness_train,
        "explicitness_score_test": explicitness_test,
    }


score_rotated = rotated_scorer(_samples, _values)


def modularity(information: npt.NDArray[np.float64]) -> float:
    """Mean over codes of 1 − squared information with all other factors / (K − 1) / that with the
    best, in [0, 1].

    Takes the information (d, K ≥ 2) ≥ 0 of codes about factors. A code without any counts as 0.
    """
    squared = information**2
    best = squared.max(axis=1)
    informed = best > 0
    others = (squared.sum(axis=1) - best)[informed] / best[informed] / (information.shape[1] - 1)
    return float(np.sum(1 - others) / len(information))


def explicitness(train: Sample, test: Sample) -> tuple[float, float]:
    """Mean over factors (n, K) of how well codes (n, d) tell their classes apart, on train and on
    test rows.

    It is the area under the curve of a logistic regression's probability of a class, averaged over
    the classes.
    """
    features, others = standardise(train[0], test[0])
    if not features.shape[1]:
        return 0.5, 0.5  # nothing to learn from
    areas = []
    for labels, other_labels in zip(train[1].T, test[1].T, strict=True):
        model = logistic.fit(features, labels)
        areas.append((mean_area(model, features, labels), mean_area(model, others, other_labels)))
    on_train, on_test = np.mean(areas, axis=0)
    return float(on_train), float(on_test)


def standardise(
    codes: FloatArray, others: FloatArray
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Both code tables, in deviations of the first (n, d) from its mean, without the codes constant
    in it.
    """
    codes, others = codes.astype(np.float64), others.astype(np.float64)
    deviation = codes.std(axis=0)
    # rounding can give a constant column a tiny deviation, and a tiny range a deviation of 0
    varies = np.minimum(deviation, np.ptp(codes, axis=0)) > 0
    mean, deviation = codes.mean(axis=0)[varies], deviation[varies]
    return (codes[:, varies] - mean) / deviation, (others[:, varies] - mean) / deviation


def mean_area(model: Any, features: npt.NDArray[np.float64], labels: IntArray) -> float:
    """Mean area under the curve of a fitted classifier for the classes among labels (n,), at least
    two.

    0.5 for one the model doesn't know.
    """
    columns = model.predict_proba(features).T
    probabilities = dict(zip(model.classes_.tolist(), columns, strict=True))
    present = np.unique(labels).tolist()
    return float(
        np.mean(
            [area(probabilities[c], labels == c) if c in probabilities else 0.5 for c in present]
        )
    )


def area(scores: npt.NDArray[np.float64], positive: npt.NDArray[np.bool_]) -> float:
    """Area under the curve, in [0, 1]: how often a positive row's score (n,) exceeds a negative's.

    Ties count half.
    """
    negatives = np.sort(scores[~positive])
    positives = scores[positive]
    below = np.searchsorted(negatives, positives, "left") + np.searchsorted(
        negatives, positives, "right"
    )
    return float(below.sum() / (2 * len(positives) * len(negatives)))
