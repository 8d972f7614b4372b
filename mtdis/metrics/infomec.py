"""InfoMEC: InfoM(odularity), InfoC(ompactness) and InfoE(xplicitness).

The idea is Hsu et al. (2023, arXiv 2305.18378), its details those of the authors' `infomec.py`
(github.com/kylehkhsu/latent_quantization, commit 9a420a3) for continuous codes: is a code's
information about one factor, a factor's in one code, and can a linear classifier read it? Unlike
there, information is counted in bins unless asked for (`information: knn`), and InfoE is that of
rows which did not fit the classifier unless asked for (`scored_on: train`).
"""

import numpy as np
import numpy.typing as npt

from mtdis.metrics import _neighbours
from mtdis.metrics._estimators import logistic
from mtdis.metrics._information import discretise, entropy, information_matrix
from mtdis.metrics._rotations import rotated_scorer
from mtdis.metrics._sampling import Factors, FloatArray, IntArray, Sample, code_table
from mtdis.metrics.modularity import standardise
from mtdis.specs.metrics.infomec import Infomec

KEYS = ("infom", "infoc", "infoe")
INVARIANCES = frozenset({"permutation", "sign"})  # scale: only one for all codes, it prunes

Floats = npt.NDArray[np.float64]

SMALLEST = np.finfo(np.float64).eps
"""Probability below which a prediction can't be wrong, as in scikit-learn's log loss."""

DEFAULTS = Infomec()


def score(codes: FloatArray, factors: Factors, settings: Infomec = DEFAULTS) -> dict[str, float]:
    """InfoM, InfoC and InfoE of codes (N, d) for factors (N, K), each in [0, 1], more is better.

    InfoM is the share of its best factor in the information of a code about all, averaged over
    codes, InfoC that of its best code in the information about a factor, averaged over factors;
    both so that even shares are 0, and of the codes whose range exceeds a share of the widest.
    They rate how concentrated the information is, however little there is: InfoM of noise is
    0.06–0.23 in bins and 0.31–0.56 by neighbours, where chance alone is uneven (measured on
    grids), and images drawn twice raise what neighbours find. A code or factor without any
    counts 0 (there NaN), and InfoC is 0 where one code is left. InfoE is what a linear
    classifier of all codes saves of the log loss of knowing nothing, averaged over factors; by
    definition it is never negative, so a factor predicted worse than that counts 0. The
    classifier weighs classes evenly and is stopped after 100 iterations. Constant codes score
    0. Raises ValueError for fewer than two codes or two varying factors, for inputs that
    `code_table` refuses, and when the training draw holds a single class of a factor.
    """
    return _values(*_samples(codes, factors, settings), settings)


def _samples(codes: FloatArray, factors: Factors, settings: Infomec) -> tuple[Sample, Sample]:
    return code_table(codes, factors, min_codes=2, min_factors=2).training_and_test(settings)


def _values(train: Sample, test: Sample, settings: Infomec) -> dict[str, float]:
    shares = _shares(train, settings)
    return {
        "infom": concentration(shares),
        "infoc": concentration(shares.T),
        "infoe": explicitness(train, train if settings.scored_on == "train" else test),
    }


score_rotated = rotated_scorer(_samples, _values)


def concentration(shares: Floats) -> float:
    """Mean over rows of the largest entry's part in the row (n, m), even parts counted as 0.

    Rows of zeros count as even; a single column has nothing to be compared to, 0.
    """
    rows, columns = shares.shape
    if min(rows, columns - 1) < 1:
        return 0.0
    total = shares.sum(axis=1)
    parts = np.where(total > 0, shares.max(axis=1) / np.where(total > 0, total, 1.0), 1 / columns)
    return float((np.mean(parts) - 1 / columns) / (1 - 1 / columns))


def explicitness(train: Sample, test: Sample) -> float:
    """Mean over factors (n, K) of the predictive information of codes (n, d) about them, over that
    of the factor itself, in [0, 1].
    """
    features, others = standardise(train[0], test[0])
    if not features.shape[1]:
        return 0.0  # nothing to learn from
    losses = [
        _relative_loss(features, labels, others, other_labels)
        for labels, other_labels in zip(train[1].T, test[1].T, strict=True)
    ]
    return float(np.mean(1 - np.minimum(losses, 1)))


def _shares(sample: Sample, settings: Infomec) -> Floats:
    """Information (a, K) of the a codes that are wide enough, over the entropies of the factors."""
    codes, factors = sample
    ranges = np.ptp(codes, axis=0)
    active = codes[:, ranges > settings.prune_range * ranges.max()]
    if not active.shape[1]:
        return np.zeros((0, factors.shape[1]))
    if settings.information == "knn":
        rng = np.random.RandomState(settings.seed)
        found = _neighbours.information_matrix(active, factors, settings.num_neighbours, rng)
    else:
        found = information_matrix(discretise(active, settings.num_bins), factors)
    return np.asarray(found / [entropy(column) for column in factors.T])


def _relative_loss(
    features: Floats, labels: IntArray, others: Floats, other_labels: IntArray
) -> float:
    """Log loss on other rows (m, d) and labels (m,) of a classifier of these (n, d) and (n,), over
    that of knowing nothing.

    A class that it doesn't know is predicted as by knowing nothing.
    """
    model = logistic.fit_unpenalised(features, labels)
    chance = 1 / len(model.classes_)
    size = int(max(labels.max(), other_labels.max())) + 1
    probabilities = np.full((len(others), size), chance)
    probabilities[:, model.classes_] = model.predict_proba(others)
    of_truth = probabilities[np.arange(len(others)), other_labels]
    return float(np.mean(np.log(np.maximum(of_truth, SMALLEST))) / np.log(chance))
