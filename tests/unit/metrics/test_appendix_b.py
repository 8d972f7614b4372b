"""The formulas of the paper's Appendix B: closed forms, their relation to what was run, and
degenerate codes.
"""

import numpy as np
import pytest
from sklearn.metrics import balanced_accuracy_score, mutual_info_score
from sklearn.tree import DecisionTreeClassifier

from mtdis.metrics import dci, dci_paper, mig, mig_paper, sap_paper
from mtdis.specs.metrics.dci import Dci
from mtdis.specs.metrics.dci_paper import DciPaper
from mtdis.specs.metrics.mig_paper import MigPaper

SIZES = (4, 3, 5)


def grid(sizes=SIZES):
    return np.indices(sizes).reshape(len(sizes), -1).T


def mixed(num_codes=4, seed=0):
    rng = np.random.RandomState(seed)
    return grid() / np.array(SIZES) @ rng.normal(size=(3, num_codes)) + 0.1 * rng.normal(
        size=(60, num_codes)
    )


# ---- MIG (B.1)


def test_mig_divides_by_the_information_of_all_codes():
    information = np.array([[1.0, 0.2], [0.5, 0.6], [0.0, 0.2]])
    assert mig_paper.gap(information) == pytest.approx((0.5 / 1.5 + 0.4 / 1.0) / 2)


def test_mig_of_a_factor_without_information_is_zero():
    assert mig_paper.gap(np.array([[1.0, 0.0], [0.0, 0.0]])) == 0.5
    assert mig_paper.score(np.full((60, 3), 0.7), grid()) == {"discrete_mig": 0.0}


def test_a_weak_code_beside_constant_ones_has_the_full_gap():
    """The paper's MIG does not ask how much is known; the library's does."""
    codes = np.stack([grid()[:, 2] > 1, np.zeros(60)], axis=1).astype(float)
    factors = grid()[:, 2:]
    assert mig_paper.score(codes, factors) == {"discrete_mig": 1.0}
    binary_entropy = -(0.4 * np.log(0.4) + 0.6 * np.log(0.6))
    assert mig.score(codes, factors)["discrete_mig"] == pytest.approx(
        binary_entropy / np.log(5), abs=0.01
    )


def test_mig_of_perfect_codes_is_nearly_one():
    assert mig_paper.score(grid().astype(float), grid())["discrete_mig"] > 0.99


def test_mig_equals_the_formula_on_scikit_learns_information():
    codes = np.round(3 * mixed())  # fewer values than bins: the values are the labels
    rng = np.random.RandomState(5)
    rows = np.concatenate(
        [np.stack([rng.randint(n, size=16) for n in SIZES]).T for _ in range(100)]
    )
    drawn = codes[rows @ np.array([15, 5, 1])]
    terms = []
    for factor in rows.T:
        information = sorted(
            mutual_info_score(factor, np.digitize(c, np.histogram(c, 20)[1][:-1])) for c in drawn.T
        )
        terms.append((information[-1] - information[-2]) / sum(information))
    result = mig_paper.score(codes, grid(), MigPaper(seed=5, num_train=1600))
    assert result["discrete_mig"] == pytest.approx(np.mean(terms), abs=1e-12)


# ---- SAP (B.3)


def test_balanced_accuracy_is_that_of_scikit_learn():
    rng = np.random.RandomState(0)
    truth, predicted = rng.randint(0, 6, (2, 300)) ** 2 // 7
    assert sap_paper.balanced_accuracy(truth, predicted) == pytest.approx(
        balanced_accuracy_score(truth, predicted)
    )


def test_balanced_accuracy_counts_a_class_by_its_share_and_not_by_its_rows():
    assert sap_paper.balanced_accuracy(
        np.array([0, 0, 0, 2]), np.array([0, 0, 1, 1])
    ) == pytest.approx(1 / 3)


def test_sap_matrix_is_that_of_one_tree_per_pair():
    rng = np.random.RandomState(1)
    codes, factors = mixed(), grid()
    train, test = (
        (codes[rows], factors[rows])
        for rows in (rng.randint(60, size=150), rng.randint(60, size=90))
    )
    matrix = sap_paper.accuracy_matrix(train, test, seed=3)
    for i, k in np.ndindex(4, 3):
        tree = DecisionTreeClassifier(class_weight="balanced", max_leaf_nodes=SIZES[k])
        tree.fit(train[0][:, [i]], train[1][:, k])
        expected = balanced_accuracy_score(test[1][:, k], tree.predict(test[0][:, [i]]))
        assert matrix[i, k] == pytest.approx(expected)


def test_sap_of_perfect_codes_is_one_less_chance():
    """The second-best code of a factor knows nothing of it, and the balanced accuracy of a guess is
    1/classes.
    """
    result = sap_paper.score(grid().astype(float), grid())
    assert result["SAP_score"] == pytest.approx(1 - np.mean(1 / np.array(SIZES)), abs=0.03)


def test_a_tree_of_few_leaves_does_not_know_an_image_by_its_code():
    noise = np.random.RandomState(0).standard_normal((2, 60))
    codes = np.stack([grid()[:, 0], *noise], axis=1)
    result = sap_paper.score(codes, grid()[:, :1])
    assert result["SAP_score"] > 0.5


def test_sap_of_constant_or_repeated_codes_is_zero():
    assert sap_paper.score(np.full((60, 3), 0.7), grid()) == {"SAP_score": 0.0}
    assert sap_paper.score(np.repeat(mixed(1), 2, axis=1), grid()) == {"SAP_score": 0.0}


# ---- DCI (B.4)


@pytest.mark.parametrize(
    ("importance", "disentanglement", "completeness"),
    [
        (5 * np.eye(5), 1, 1),
        (np.ones((3, 3)), 0, 0),
        (np.zeros((3, 3)), 0, 0),
        (np.ones((4, 2)), 1 - np.log(2) / np.log(4), 1 - np.log(4) / np.log(2)),
        (np.zeros((4, 2)), 1 - np.log(2) / np.log(4), 1 - np.log(4) / np.log(2)),
        (np.vstack([5 * np.eye(5)] * 2), 1, 1 - np.log(2) / np.log(5)),
        (np.hstack([5 * np.eye(5)] * 2), 1 - np.log(2) / np.log(5), 1),
        (
            np.array([[3.0, 0.0], [1.0, 4.0]]),
            1 + (5 / 8) * (0.2 * np.log2(0.2) + 0.8 * np.log2(0.8)),
            None,
        ),
    ],
    ids=[
        "diagonal",
        "uniform",
        "zeros",
        "wide",
        "wide-zeros",
        "two-codes-each",
        "two-factors-each",
        "by-hand",
    ],
)
def test_dci_of_known_importances(importance, disentanglement, completeness):
    found = dci_paper.from_importance(importance)
    if completeness is None:
        completeness = 1 + (0.75 * np.log2(0.75) + 0.25 * np.log2(0.25)) / 2
    assert found == pytest.approx((disentanglement, completeness), abs=1e-8)


def test_factors_weigh_alike_in_completeness_however_important():
    importance = np.array([[9.0, 0.5], [0.0, 0.5]])
    assert dci_paper.from_importance(importance)[1] == pytest.approx(0.5)
    assert dci.from_importance(importance)[1] == pytest.approx(0.9)


def test_completeness_is_bound_to_disentanglement():
    """Importances that sum to 1 per factor: C·ln d = ln d − H(weights of codes) + D·ln K, so that C
    is never below D·ln K/ln d.
    """
    for seed in range(20):
        random = np.random.RandomState(seed)
        importance = random.dirichlet(np.full(8, 0.2), size=5).T + 1e-12
        importance /= importance.sum(axis=0)
        d, c = dci.from_importance(importance)
        weights = importance.sum(axis=1) / 5
        entropy = -(weights * np.log(weights)).sum()
        assert c * np.log(8) == pytest.approx(np.log(8) - entropy + d * np.log(5), abs=1e-7)
        assert c >= d * np.log(5) / np.log(8) - 1e-7


def test_swapped_bases_stretch_what_is_missing_to_one():
    """1 − D grows by ln K/ln d over the library's, 1 − C by ln d/ln K, where each factor's
    importances sum to 1.
    """
    importance = np.random.RandomState(0).dirichlet(np.ones(8), size=5).T
    theirs, ours = (
        1 - np.array(dci.from_importance(importance)),
        1 - np.array(dci_paper.from_importance(importance)),
    )
    ratio = np.log(5) / np.log(8)
    assert ours == pytest.approx(theirs * [ratio, 1 / ratio])


def test_scores_have_the_same_relation_to_the_librarys():
    quick = {"num_train": 300, "num_test": 200, "seed": 2}
    theirs = dci.score(mixed(), grid(), Dci(**quick))
    ours = dci_paper.score(mixed(), grid(), DciPaper(**quick))
    ratio = np.log(3) / np.log(4)
    assert 1 - ours["disentanglement"] == pytest.approx((1 - theirs["disentanglement"]) * ratio)
    assert 1 - ours["completeness"] == pytest.approx((1 - theirs["completeness"]) / ratio)


def test_the_error_of_a_random_mapping_is_one():
    rng = np.random.RandomState(0)
    factors = np.stack(
        [rng.choice(3, 200_000, p=[0.7, 0.2, 0.1]), rng.randint(0, 5, 200_000)], axis=1
    )
    guesses = np.stack([rng.permutation(column) for column in factors.T], axis=1)
    assert dci_paper.normalised_error(factors, factors, guesses) == pytest.approx(1, abs=0.01)
    assert dci_paper.normalised_error(factors, factors, factors) == 0


def test_the_error_by_hand():
    train, test = np.array([[0], [0], [0], [1]]), np.array([[0], [1], [1], [2]])
    predicted = np.array([[0], [0], [1], [1]])
    assert dci_paper.normalised_error(train, test, predicted) == pytest.approx(
        0.5 / (1 - 0.75 * 0.25 - 0.25 * 0.5)
    )


def test_dci_of_perfect_and_of_constant_codes():
    quick = DciPaper(num_train=300, num_test=200)
    perfect = dci_paper.score(grid().astype(float), grid(), quick)
    assert perfect["disentanglement"] > 0.99
    assert perfect["completeness"] > 0.99
    assert perfect["normalised_error"] == 0
    constant = dci_paper.score(np.full((60, 5), 0.7), grid(), quick)
    assert constant["disentanglement"] == pytest.approx(1 - np.log(3) / np.log(5))
    assert constant["completeness"] == pytest.approx(1 - np.log(5) / np.log(3))
    assert constant["normalised_error"] == pytest.approx(1, abs=0.1)


def test_dci_refuses_a_single_varying_factor():
    with pytest.raises(ValueError, match="at least 2 that vary are needed, got 1"):
        dci_paper.score(np.ones((6, 2)), grid((6, 1)))
