"""Boosted trees against scikit-learn's: equal bit for bit without ties, no further than a seed with
them.
"""

import subprocess
import sys
from functools import cache

import numpy as np
import pytest

from mtdis.metrics._estimators import boosting

pytest.importorskip("sklearn", minversion="1.9")  # older ones choose cuts by another formula
from sklearn.ensemble import GradientBoostingClassifier

NUM_TREES = 200  # per test, shared by its classes


def ranked(scores, dtype=np.float64):
    """Codes between -2 and 2 in the order of the scores, evenly spaced: no two are close."""
    ranks = scores.argsort(axis=0).argsort(axis=0)
    return (4 * (ranks + 0.3) / len(scores) - 2).astype(dtype)


def problem(num_classes, n=1200, d=5, seed=0, dtype=np.float64):
    rng = np.random.default_rng(seed)
    labels = rng.permutation(np.arange(n) % num_classes)
    scores = rng.normal(size=(n, d))
    scores[:, 0] += 4 * labels / num_classes
    scores[:, 1] += 2 * np.sin(labels)
    return ranked(scores, dtype), labels


def both(codes, labels, seed=3, **settings):
    num_stages = max(3, NUM_TREES // len(np.unique(labels)))
    ours = boosting.fit(codes, labels, seed=seed, num_stages=num_stages, **settings)
    theirs = GradientBoostingClassifier(random_state=seed, n_estimators=num_stages, **settings)
    return ours, theirs.fit(codes, labels)


def assert_same_trees(ours, theirs):
    pairs = {
        "code": "feature",
        "threshold": "threshold",
        "left": "children_left",
        "right": "children_right",
        "impurity": "impurity",
        "size": "n_node_samples",
        "value": "value",
    }
    for index, estimator in np.ndenumerate(theirs.estimators_):
        tree, used = estimator.tree_, ours.trees.used[index]
        assert used == tree.node_count, f"tree {index}"
        for name, other in pairs.items():
            expected = getattr(tree, other).reshape(-1)
            np.testing.assert_array_equal(
                getattr(ours.trees, name)[index][:used], expected, f"{name} of {index}"
            )


def assert_same(ours, theirs, codes, others):
    assert_same_trees(ours, theirs)
    np.testing.assert_array_equal(ours.importances, theirs.feature_importances_)
    np.testing.assert_array_equal(ours.fitted, theirs.predict(codes))
    np.testing.assert_array_equal(ours.predict(codes), ours.fitted)
    np.testing.assert_array_equal(ours.predict(others), theirs.predict(others))


# --- equal
# ------------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("num_classes", [2, 3, 6, 32])
def test_same_trees_without_ties(num_classes, dtype):
    codes, labels = problem(num_classes, dtype=dtype)
    others = np.random.default_rng(9).uniform(-3, 3, (500, codes.shape[1])).astype(dtype)
    assert_same(*both(codes, labels), codes, others)


@pytest.mark.slow
@pytest.mark.parametrize("max_depth", [1, 2, 5])
def test_same_trees_at_other_depths_and_rates(max_depth):
    codes, labels = problem(4, d=3)
    assert_same(*both(codes, labels, max_depth=max_depth, learning_rate=0.3), codes, codes)


@pytest.mark.slow
@pytest.mark.parametrize(
    "num_rows", [1200, 60, 7]
)  # of few, each is drawn so often that ties outnumber the rest
def test_same_trees_for_rows_drawn_twice(num_rows):
    codes, labels = problem(5)
    rows = np.random.default_rng(1).integers(0, num_rows, 1500)
    assert_same(*both(codes[rows], labels[rows]), codes[rows], codes)


def test_same_trees_with_constant_codes():
    codes, labels = problem(4)
    codes[:, [0, 3]] = 1.5, -0.0
    assert_same(*both(codes, labels), codes, codes)


def test_same_trees_when_codes_give_the_class_away():
    codes, labels = problem(3)
    codes[:, 2] = ranked(labels + 0.5 * np.random.default_rng(0).random(len(labels)))
    assert_same(*both(codes, labels), codes, codes)


def test_same_trees_for_codes_beside_the_threshold_of_closeness():
    rng = np.random.default_rng(2)
    labels = rng.integers(0, 2, 300)
    codes = 1e-7 * np.cumsum(
        rng.uniform(0.5, 1.5, (300, 1)), axis=0
    )  # half the gaps are too small to be cut
    ours, theirs = both(codes, labels)
    assert_same(ours, theirs, codes, codes)


def test_same_trees_of_a_few_rows():
    codes, labels = problem(3, n=12, d=2)
    assert_same(*both(codes, labels), codes, codes)


@pytest.mark.slow
def test_same_trees_of_more_rows_than_16_bits_count():
    codes, labels = problem(2, n=2**16 + 1, d=2)
    ours = boosting.fit(codes, labels, seed=0, num_stages=2)
    theirs = GradientBoostingClassifier(random_state=0, n_estimators=2).fit(codes, labels)
    assert_same(ours, theirs, codes, codes[:9])


def test_constant_codes_alone_grow_no_tree():
    codes, labels = np.ones((60, 3)), np.arange(60) % 3
    ours, theirs = both(codes, labels)
    assert_same(ours, theirs, codes, codes)
    assert not ours.importances.any()


def test_labels_keep_their_values():
    codes, labels = problem(3)
    ours, theirs = both(codes, 10 * labels - 7)
    np.testing.assert_array_equal(ours.predict(codes), theirs.predict(codes))
    assert set(ours.predict(codes)) == {-7, 3, 13}


@pytest.mark.parametrize("num_threads", [2, 3])
def test_threads_change_nothing(num_threads):
    codes, labels = problem(5)
    one = boosting.fit(codes, labels, seed=0, num_stages=20)
    many = boosting.fit(codes, labels, seed=0, num_stages=20, num_threads=num_threads)
    np.testing.assert_array_equal(one.importances, many.importances)
    for name, first, second in zip(one.trees._fields, one.trees, many.trees, strict=True):
        assert first.tobytes() == second.tobytes(), name


@pytest.mark.slow
def test_pairwise_sum_is_numpys():
    from mtdis.metrics._estimators import boosting_kernels as kernels

    rng = np.random.default_rng(0)
    for n in [*range(1, 300), 1000, 1023, 4097, 10000]:
        x = rng.normal(size=n)
        assert kernels.pairwise_sum(x) == x.sum(), n


def swapped_apart(order, goes_left):
    """The textbook partition: each right row found changes places with the last unseen one."""
    rows, left, right = list(order), 0, len(order) - 1
    while left < right:
        if goes_left[rows[left]]:
            left += 1
        else:
            rows[left], rows[right] = rows[right], rows[left]
            right -= 1
    return rows


@pytest.mark.parametrize("share", [0.02, 0.3, 0.5, 0.97])
def test_rows_are_swapped_apart_as_by_the_textbook(share):
    from mtdis.metrics._estimators import boosting_kernels as kernels

    rng = np.random.default_rng(0)
    for n in [2, 3, 5, 8, 40, 500]:
        order = rng.permutation(n).astype(np.uint16)
        goes_left = (rng.random(n) < share).astype(np.uint8)
        goes_left[rng.permutation(n)[:2]] = 0, 1  # no side is empty
        rows = np.empty_like(order)
        kernels.swap_apart(order, goes_left, goes_left.sum(), np.empty(n + 1, np.uint16), rows)
        assert rows.tolist() == swapped_apart(order, goes_left), n


# --- close
# ------------------------------------------------------------------------------------------------


def rounded(labels, rng):
    return np.round(rng.normal(size=(labels.size, 4)) + labels[:, None], 1)


def classes_themselves(labels, rng):
    return np.column_stack(
        [labels // 2, labels % 2, rng.integers(0, 9, labels.size), labels]
    ).astype(float)


def rare_spikes(labels, rng):
    return rng.normal(size=(labels.size, 4)) * (
        rng.random((labels.size, 4)) < 0.03 + 0.1 * labels[:, None]
    )


def nearly_pure(labels, rng):
    codes = np.repeat(labels[:, None], 4, axis=1).astype(float)
    return np.where(rng.random(codes.shape) < 0.02, rng.integers(0, 5, codes.shape), codes)


@cache
def tied_problem(make):
    rng = np.random.default_rng(4)
    labels = rng.integers(0, 5, 900)
    return make(labels, rng), labels


@pytest.mark.slow
@pytest.mark.parametrize("make", [rounded, classes_themselves, rare_spikes, nearly_pure])
def test_ties_differ_no_more_than_seeds_do(make):
    codes, labels = tied_problem(make)
    pairs = [both(codes, labels, seed=seed) for seed in range(5)]
    ours, theirs = np.array([[o.importances, t.feature_importances_] for o, t in pairs]).swapaxes(
        0, 1
    )
    noise = np.ptp(theirs, axis=0).max()
    assert np.abs(ours - theirs).max() <= noise + 1e-12
    scores = np.array(
        [[(o.predict(codes) == labels).mean(), t.score(codes, labels)] for o, t in pairs]
    )
    assert np.abs(scores[:, 0] - scores[:, 1]).max() <= np.ptp(scores[:, 1]) + 1 / labels.size


# --- refused
# ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("codes", "labels", "message"),
    [
        (np.ones((4, 2)), np.zeros(4), "at least 2 classes"),
        (np.ones(4), np.arange(4), "table"),
        (np.ones((4, 0)), np.arange(4), "table"),
        (np.ones((4, 2)), np.arange(3), "one per row"),
        (np.full((4, 2), np.nan), np.arange(4), "NaN"),
        (np.full((4, 2), 1e39), np.arange(4), "too large"),
    ],
)
def test_what_cannot_be_fitted_is_refused(codes, labels, message):
    with pytest.raises(ValueError, match=message):
        boosting.fit(codes, labels, seed=0)
    with pytest.raises(ValueError, match=r"."), np.errstate(over="ignore"):
        GradientBoostingClassifier().fit(codes, labels)


@pytest.mark.parametrize("name", ["num_stages", "max_depth", "num_threads"])
def test_counts_below_one_are_refused(name):
    with pytest.raises(ValueError, match=name):
        boosting.fit(np.eye(4), np.arange(4), seed=0, **{name: 0})


def test_predicting_other_codes_is_refused():
    codes, labels = problem(2)
    with pytest.raises(ValueError, match="5 columns"):
        boosting.fit(codes, labels, seed=0, num_stages=1).predict(codes[:, :4])


def test_import_loads_neither_numba_nor_scikit_learn():
    script = (
        "import sys, mtdis.metrics._estimators.boosting; assert not {'numba', 'sklearn', 'scipy'} &"
        " set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
