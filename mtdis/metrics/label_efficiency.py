"""How few labels it takes to read the factors from codes.

Statistical efficiency is Locatello et al.'s (2019, arXiv 1811.12359, section 5.4): the mean
accuracy from 100 labels over that from 10,000, by logistic regression or boosted trees.
"""

import numpy as np

from mtdis.metrics._estimators.readouts import predict
from mtdis.metrics._rotations import rotated_scorer
from mtdis.metrics._sampling import Factors, FloatArray, Sample, code_table
from mtdis.metrics.modularity import standardise
from mtdis.specs.metrics.label_efficiency import LabelEfficiency

SIZES = (10, 100, 1000)
KEYS = (
    "accuracy_10",
    "accuracy_100",
    "accuracy_1000",
    "accuracy_all",
    "efficiency_10",
    "efficiency_100",
    "efficiency_1000",
)
COMPARISONS = frozenset({"efficiency_10", "efficiency_100", "efficiency_1000"})
"""Keys that compare two values: codes that know nothing may have the best of them."""
INVARIANCES = frozenset({"permutation", "sign", "scale"})

DEFAULTS = LabelEfficiency()


def score(
    codes: FloatArray, factors: Factors, settings: LabelEfficiency = DEFAULTS
) -> dict[str, float]:
    """Test accuracy in [0, 1] of factors (N, K) read from codes (N, d) that are learned from 10,
    100, 1,000 and all drawn labels, mean over factors; and the first three over the last.

    More is better. Chance is the share of the commonest class, which constant codes reach with any
    number of labels: their efficiency is about 1, so that an efficiency says something only beside
    an accuracy well above chance; it may exceed 1. Factors are classes without an order. From 10
    labels most classes of a large factor are unseen and count as wrong. A number of labels beyond
    `num_train` is `num_train`. The codes are standardised by all drawn rows, which needs no label.
    With the logistic readout a rotation of white codes changes nothing, so that no rotations
    calibrate it by default; with trees it does. Raises ValueError for inputs that `code_table`
    refuses, and when the training draw holds a single class of a factor.
    """
    return _values(*_samples(codes, factors, settings), settings)


def _samples(
    codes: FloatArray, factors: Factors, settings: LabelEfficiency
) -> tuple[Sample, Sample]:
    return code_table(codes, factors).training_and_test(settings)


def _values(train: Sample, test: Sample, settings: LabelEfficiency) -> dict[str, float]:
    known, others = standardise(train[0], test[0])
    sizes = [min(size, len(known)) for size in (*SIZES, len(known))]
    found = {
        size: _accuracy((known, train[1]), (others, test[1]), size, settings) for size in set(sizes)
    }
    *few, whole = (found[size] for size in sizes)
    ratios = [accuracy / whole if whole else 0.0 for accuracy in few]
    return dict(zip(KEYS, (*few, whole, *ratios), strict=True))


score_rotated = rotated_scorer(_samples, _values)


def _accuracy(train: Sample, test: Sample, size: int, settings: LabelEfficiency) -> float:
    """Mean over factors, and over disjoint parts of so many training rows."""
    repeats = max(1, min(settings.repeats, len(train[0]) // size))
    correct = [
        predict(settings.readout, codes, labels, test[0], settings.seed) == truth
        for codes, factors in _parts(train, size, repeats)
        for labels, truth in zip(factors.T, test[1].T, strict=True)
    ]
    return float(np.mean(correct))


def _parts(train: Sample, size: int, repeats: int) -> list[Sample]:
    cuts = [slice(k * size, (k + 1) * size) for k in range(repeats)]
    return [(train[0][cut], train[1][cut]) for cut in cuts]
