"""Accuracy from few labels: against scikit-learn, and where it is known."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from mtdis.metrics import label_efficiency
from mtdis.metrics._estimators.readouts import predict
from mtdis.specs.metrics.label_efficiency import LabelEfficiency
from tests.unit.metrics.test_reference import grid


def mixed(factors, noise=0.5):
    rng = np.random.RandomState(0)
    mix = rng.standard_normal((factors.shape[1], 4))
    return factors @ mix + noise * rng.standard_normal((len(factors), 4))


def test_all_labels_give_the_accuracy_of_scikit_learn():
    factors = grid((3, 4, 5))
    settings = LabelEfficiency(num_train=400, num_test=300)
    train, test = label_efficiency._samples(mixed(factors), factors, settings)
    scaler = StandardScaler().fit(train[0])
    fits = [LogisticRegression().fit(scaler.transform(train[0]), column) for column in train[1].T]
    wanted = [
        fit.score(scaler.transform(test[0]), column)
        for fit, column in zip(fits, test[1].T, strict=True)
    ]
    found = label_efficiency.score(mixed(factors), factors, settings)
    assert found["accuracy_all"] == pytest.approx(np.mean(wanted))
    assert found["accuracy_1000"] == found["accuracy_all"]  # there are no more than 400


@pytest.mark.parametrize("readout", ["logistic", "trees"])
def test_more_labels_help_and_efficiency_is_their_ratio(readout):
    factors = grid((3, 4, 5))
    settings = LabelEfficiency(num_train=1000, num_test=500, readout=readout, repeats=3)
    found = label_efficiency.score(mixed(factors), factors, settings)
    accuracies = [found[f"accuracy_{size}"] for size in (10, 100, "all")]
    assert accuracies == sorted(accuracies)
    assert found["efficiency_100"] == accuracies[1] / accuracies[2]
    assert 0.3 < accuracies[0] < 0.9 * accuracies[2]


def test_codes_that_know_nothing_are_efficient():
    """The failure that the docstring names: why an efficiency is read beside its accuracy."""
    factors = grid((2, 4))
    found = label_efficiency.score(np.full((8, 2), 0.7), factors, LabelEfficiency(num_train=1000))
    assert found["accuracy_all"] == pytest.approx((1 / 2 + 1 / 4) / 2, abs=0.03)
    assert found["efficiency_10"] == pytest.approx(1, abs=0.1)


@pytest.mark.parametrize("readout", ["logistic", "trees"])
def test_labels_of_one_class_teach_that_class(readout):
    codes = np.random.RandomState(0).standard_normal((6, 2))
    assert predict(readout, codes, np.full(6, 3), codes, 0).tolist() == [3] * 6
    assert predict(readout, codes[:, :0], np.array([0, 1, 1, 2]), codes, 0).tolist() == [1] * 6
