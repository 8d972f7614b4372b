"""The one-code linear machines: certified by the gradient over plain rows, and beside
scikit-learn's LinearSVC.
"""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.exceptions import ConvergenceWarning
from sklearn.svm import LinearSVC

from mtdis.metrics import sap
from mtdis.metrics._estimators import linear_svm as linear_machines

COST = 0.01
SCALES = (1e-4, 1e-2, 1.0, 30.0, 1e3)


def codes_of(labels, seed=0):
    """Codes of all sorts: clear and noisy ones, noise, tied, constant, two-valued, off-centre, with
    outliers.
    """
    rng = np.random.default_rng(seed)
    n, size = len(labels), labels.max() + 1
    noise = rng.normal(size=(n, 4))
    return np.stack(
        [
            labels / size + 0.2 * noise[:, 0],
            -labels / size,
            np.round(4 * labels / size + noise[:, 1]),
            noise[:, 2],
            np.full(n, 0.7),
            labels == 0,
            3 + noise[:, 3],
            rng.standard_cauchy(n),
        ],
        axis=1,
    )


def row_costs(labels, positive):
    """C of each row: balanced for the class, and for the rest where there are but two.

    ±1 in front.
    """
    classes, counts = np.unique(labels, return_counts=True)
    balanced = dict(zip(classes, COST * len(labels) / (len(classes) * counts), strict=True))
    own = labels == positive
    rest = COST if len(classes) > 2 else balanced[classes[0]]
    return np.where(own, 1, -1), np.where(own, balanced[positive], rest)


def objective(codes, labels, positive, line):
    """Value and gradient, straight from the definition, in long double."""
    signs, costs = row_costs(labels, positive)
    x, (w, b) = codes.astype(np.longdouble), np.asarray(line, np.longdouble)
    slack = np.maximum(0, 1 - signs * (w * x + b))
    pull = -2 * costs * signs * slack
    value = (w * w + b * b) / 2 + np.sum(costs * slack * slack)
    return float(value), np.array([w + np.sum(pull * x), b + np.sum(pull)], float)


def trained_classes(machines):
    return list(enumerate(machines.classes))[1 if len(machines.classes) == 2 else 0 :]


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 10_000),
    st.sampled_from([(6, 2), (30, 3), (200, 5), (400, 40)]),
    st.sampled_from(SCALES),
    st.sampled_from([np.float32, np.float64]),
)
def test_no_row_pulls_at_the_optimum(seed, size, scale, dtype):
    """The objective is strongly convex with modulus 1: a line is no further from the optimum than
    its gradient is long.

    Measured as decision values: a gradient in w is worth the code's reach.
    """
    labels = np.random.default_rng(seed).permutation(np.arange(size[0]) % size[1])
    codes = (scale * codes_of(labels, seed)).astype(dtype)
    (machines,) = linear_machines.fit(codes, labels[:, None], COST)
    for i, column in enumerate(codes.T):
        reach = np.abs(column.astype(float)).max()
        for k, positive in trained_classes(machines):
            _, gradient = objective(
                column, labels, positive, (machines.slopes[i, k], machines.intercepts[i, k])
            )
            assert np.abs(gradient / [max(reach, 1), 1]).max() < 1e-9


@pytest.mark.slow
@pytest.mark.parametrize("size", [2, 3, 6, 40])
@pytest.mark.parametrize("scale", SCALES)
def test_predictions_are_those_of_scikit_learn_as_far_as_it_converges(scale, size):
    """By strong convexity a line is within √(2·(its value − the minimum)) of the optimum.

    Rows whose two best classes are nearer to each other than that are open; the others must be
    predicted alike.
    """
    labels = np.random.default_rng(1).permutation(np.arange(1500) % size)
    codes = scale * codes_of(labels)
    (machines,) = linear_machines.fit(codes, labels[:, None], COST)
    predicted = linear_machines.predict(machines, codes)
    for i, column in enumerate(codes.T):
        for tolerance in (1e-4, 1e-10):
            theirs = fit_sklearn(column, labels, tolerance)
            apart = distance(theirs, machines, column, labels, i)
            lines = np.sort(np.outer(column, machines.slopes[i]) + machines.intercepts[i], axis=1)
            decided = lines[:, -1] - lines[:, -2] > 2 * apart * np.sqrt(1 + column**2) + 1e-12
            found = theirs.predict(column[:, None])
            np.testing.assert_array_equal(found[decided], predicted[decided, i])


def fit_sklearn(column, labels, tolerance):
    machine = LinearSVC(C=COST, class_weight="balanced", dual=False, tol=tolerance, max_iter=10_000)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return machine.fit(column[:, None], labels)


def distance(theirs, machines, column, labels, code):
    """How far, at most, a line of scikit-learn is from the optimum; ours is never the worse one."""
    furthest = 0.0
    for row, (k, positive) in enumerate(trained_classes(machines)):
        line = (machines.slopes[code, k], machines.intercepts[code, k])
        ours, _ = objective(column, labels, positive, line)
        value, _ = objective(
            column, labels, positive, (theirs.coef_[row, 0], theirs.intercept_[row])
        )
        assert ours <= value * (1 + 1e-12)
        furthest = max(
            furthest, np.sqrt(2 * max(value - ours, 1e-15 * value))
        )  # a smaller lead is rounding
    return furthest


@pytest.mark.parametrize("size", [2, 3, 6, 40])
def test_lines_are_those_of_scikit_learn_at_a_tight_tolerance(size):
    labels = np.random.default_rng(2).permutation(np.arange(1500) % size)
    codes = codes_of(labels)[:, [0, 2, 6]]
    (machines,) = linear_machines.fit(codes, labels[:, None], COST)
    first = len(machines.classes) - len(trained_classes(machines))
    for i, column in enumerate(codes.T):
        theirs = fit_sklearn(column, labels, 1e-10)
        assert machines.slopes[i, first:] == pytest.approx(theirs.coef_[:, 0], abs=1e-6)
        assert machines.intercepts[i, first:] == pytest.approx(theirs.intercept_, abs=1e-6)
        np.testing.assert_array_equal(
            linear_machines.predict(machines, codes)[:, i], theirs.predict(column[:, None])
        )


def test_accuracies_of_sap_are_those_of_scikit_learn():
    rng = np.random.default_rng(3)
    factors = np.stack([rng.integers(0, size, 3000) for size in (2, 3, 10, 40)], axis=1)
    codes = factors / [2, 3, 10, 40] @ rng.normal(size=(4, 5)) + 0.1 * rng.normal(size=(3000, 5))
    train, test = (codes[:2000], factors[:2000]), (codes[2000:], factors[2000:])
    ours = sap.accuracy_matrix(train, test, sap.DEFAULTS)
    for k, labels in enumerate(train[1].T):
        for i, column in enumerate(train[0].T):
            theirs = fit_sklearn(column, labels, 1e-10).score(test[0][:, [i]], test[1][:, k])
            assert ours[i, k] == pytest.approx(theirs, abs=1e-12)


@pytest.mark.parametrize("size", [2, 3])
@pytest.mark.parametrize("value", [0.0, 0.3, 0.7, 1e-3, 123.4])
def test_a_tie_of_all_classes_goes_to_the_first(size, value):
    labels = np.arange(60) % size
    (machines,) = linear_machines.fit(np.full((60, 1), value), labels[:, None] + 5, COST)
    assert set(linear_machines.predict(machines, np.full((4, 1), value)).ravel()) == {5}


def test_codes_of_the_other_sign_give_the_mirrored_lines():
    labels = np.arange(200) % 5
    codes = codes_of(labels)
    there, back = (linear_machines.fit(c, labels[:, None], COST)[0] for c in (codes, -codes))
    np.testing.assert_allclose(there.slopes, -back.slopes, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(there.intercepts, back.intercepts, rtol=1e-9, atol=1e-12)


def test_very_large_codes_with_outliers_end_too():
    labels = np.random.default_rng(4).integers(0, 40, 2000)
    codes = codes_of(labels)
    codes[::100] *= 1e6
    for scale in (1e6, 1e9):
        (machines,) = linear_machines.fit(scale * codes, labels[:, None], COST)
        assert np.isfinite(machines.slopes).all()


def test_a_single_class_is_refused():
    with pytest.raises(ValueError, match=r"needs two classes, found only \[3\]"):
        linear_machines.fit(np.ones((4, 1)), np.full((4, 1), 3), COST)
