"""InfoMEC, MIG-sup, JEMMIG and DCIMIG against code of others, scikit-learn and closed forms."""

import importlib
import json
from typing import Any

import numpy as np
import pytest
from helpers.places import REFERENCES
from sklearn.feature_selection import mutual_info_classif
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss, mutual_info_score
from sklearn.preprocessing import StandardScaler

from mtdis.metrics import _neighbours as neighbours
from mtdis.metrics import dcimig, infomec, jemmig, mig_sup
from mtdis.metrics._sampling import code_table
from mtdis.specs.metric import Metric
from mtdis.specs.metrics.infomec import Infomec
from mtdis.specs.metrics.jemmig import Jemmig
from mtdis.specs.metrics.mig_sup import MigSup
from tests.unit.metrics.test_reference import grid, mix

ORACLE = json.loads((REFERENCES / "information_metrics.json").read_text())
TABLES = json.loads((REFERENCES / "disentanglement_lib_more.json").read_text())["tables"]
SIZES = (3, 4, 5)


def noise(rows=60, codes=4, seed=0):
    return np.random.RandomState(seed).standard_normal((rows, codes))


# ---- other people's numbers


@pytest.mark.parametrize(
    "case", [pytest.param(c, id=f"{c['by']}-{c['metric']}-{c['table']}") for c in ORACLE["cases"]]
)
def test_agrees_with_the_code_of_others(case: dict[str, Any]) -> None:
    recipe = TABLES[case["table"]]
    factors = grid(recipe["sizes"])
    module = importlib.import_module(f"mtdis.metrics.{case['metric']}")
    settings = Metric.member(case["metric"])(seed=case["seed"], **case["settings"])
    ours = module.score(mix(factors, recipe), factors, settings)
    for key, value in case["result"].items():
        # last bits decide where the classifier is stopped, and which neighbours are equally far
        tolerance = 1e-4 if case["by"] == "hsu" else 1e-9
        assert ours[key] == pytest.approx(value, abs=tolerance), key


@pytest.mark.parametrize("case", ORACLE["li"])
def test_mig_sup_is_that_of_its_authors(case: dict[str, Any]) -> None:
    entropies = np.log(case["sizes"])
    uniform = np.random.RandomState(case["seed"]).uniform(size=(7, len(entropies)))
    information = (uniform**3 * entropies)[case["active"]]
    assert mig_sup.gap(information, entropies) == pytest.approx(case["result"], abs=1e-6)


def test_mig_sup_is_a_loop_over_the_codes_of_the_same_draw() -> None:
    factors, codes = grid(SIZES), noise() + grid(SIZES)[:, [0, 1, 2, 0]]
    drawn = code_table(codes, factors).sample(np.random.RandomState(3), 500, 16)
    gaps = []
    for code in drawn[0].T:
        bins = np.digitize(code, np.histogram(code, 20)[1][:-1])
        shares = sorted(
            mutual_info_score(bins, factor) / mutual_info_score(factor, factor)
            for factor in drawn[1].T
        )
        gaps.append(shares[-1] - shares[-2])
    found = mig_sup.score(codes, factors, MigSup(seed=3, num_train=500))
    assert found["mig_sup"] == pytest.approx(np.mean(gaps), abs=1e-12)


# ---- tables by hand: factors of 1 and 2 nats

INFORMATION = np.array([[1.0, 0.4], [0.25, 1.5], [0.5, 0.0]])
ENTROPIES = np.array([1.0, 2.0])


def test_mig_sup_of_a_table_by_hand() -> None:
    expected = ((1 - 0.2) + (0.75 - 0.25) + (0.5 - 0)) / 3
    assert mig_sup.gap(INFORMATION, ENTROPIES) == pytest.approx(expected)


def test_dcimig_of_a_table_by_hand() -> None:
    # leads: .6 and .5 for the first factor, 1.25 for the second
    assert dcimig.gap(INFORMATION, ENTROPIES) == pytest.approx((0.6 + 1.25) / 3)
    missed = np.array([[1.0, 0.4], [0.5, 0.0]])
    assert dcimig.gap(missed, ENTROPIES) == pytest.approx(0.6 / 3)


def test_jemmig_of_a_table_by_hand() -> None:
    found = jemmig.unexplained(INFORMATION, np.array([1.3, 1.9, 0.7]), ENTROPIES)
    # H(z, y) = H(z) + H(y) − I(z, y), less I(z, y), and the second best code's information
    assert found == pytest.approx([(1.3 + 1 - 1) - 1 + 0.5, (1.9 + 2 - 1.5) - 1.5 + 0.4])


@pytest.mark.parametrize(
    ("shares", "expected"),
    [
        (np.eye(4), 1),
        (np.ones((3, 4)), 0),
        (np.array([[0.6, 0.2, 0.2]]), (0.6 - 1 / 3) / (2 / 3)),
        (np.array([[1.0, 0.0], [0.0, 0.0]]), (1 + 0) / 2),
        (np.ones((3, 1)), 0),
        (np.zeros((0, 3)), 0),
        (np.zeros((3, 0)), 0),
    ],
    ids=["one-each", "even", "formula", "empty-row", "one-column", "no-rows", "no-columns"],
)
def test_concentration_of_known_shares(shares: np.ndarray, expected: float) -> None:
    assert infomec.concentration(shares) == pytest.approx(expected)


# ---- whole scores in closed form


def test_jemmig_of_perfect_and_of_constant_codes() -> None:
    factors, settings = grid(SIZES), Jemmig(num_train=10_000)
    perfect = jemmig.score(factors.astype(float), factors, settings)
    assert perfect["jemmig"] == pytest.approx(0, abs=0.003)
    constant = jemmig.score(np.full((60, 2), 0.7), factors, settings)
    entropies = np.log(SIZES)
    assert constant["jemmig"] == pytest.approx(np.mean(entropies), abs=0.003)
    share = np.mean(entropies / (entropies + np.log(20)))
    assert constant["normalised_jemmig"] == pytest.approx(share, abs=0.001)


def test_repeated_codes_cost_dcimig_and_mig_sup_nothing_but_infoc() -> None:
    factors = grid(SIZES)
    once, twice = factors.astype(float), factors[:, [0, 1, 2, 0, 1, 2]].astype(float)
    for metric in (dcimig, mig_sup):
        assert metric.score(twice, factors) == pytest.approx(metric.score(once, factors))
    settings = Infomec(num_train=2000, num_test=100)
    single, double = (infomec.score(codes, factors, settings) for codes in (once, twice))
    assert double["infom"] == pytest.approx(single["infom"])
    assert double["infoc"] == pytest.approx((1 / 2 - 1 / 6) / (1 - 1 / 6), abs=0.01)


@pytest.mark.parametrize("information", ["binned", "knn"])
def test_dead_codes_take_no_part(information: str) -> None:
    factors, codes = grid(SIZES), noise().astype(np.float32)
    dead = np.insert(codes, 1, np.float32(0.1), axis=1)
    settings = Infomec(num_train=500, num_test=300, information=information)
    assert infomec.score(dead, factors, settings) == infomec.score(codes, factors, settings)
    assert mig_sup.score(dead, factors) == mig_sup.score(codes, factors)
    assert dcimig.score(dead, factors) == dcimig.score(codes, factors)


def test_narrow_codes_are_left_out_where_the_settings_say_so() -> None:
    factors, codes = grid(SIZES), noise(codes=2)
    narrow = np.hstack([codes, 0.03 * noise(codes=1, seed=1)])
    quick = {"num_train": 500, "num_test": 300}
    alone, pruned = (infomec.score(z, factors, Infomec(**quick)) for z in (codes, narrow))
    whole = infomec.score(narrow, factors, Infomec(prune_range=0, **quick))
    assert (pruned["infom"], pruned["infoc"]) == (alone["infom"], alone["infoc"])
    assert whole["infom"] != pytest.approx(alone["infom"], abs=0.001)
    assert pruned["infoe"] == whole["infoe"], "all codes are classified"
    assert mig_sup.score(narrow, factors, MigSup(prune_threshold=0.1)) == mig_sup.score(
        codes, factors
    )
    assert infomec.score(narrow[:, 1:], factors, Infomec(**quick))["infoc"] == 0, "one is left"


@pytest.mark.parametrize("metric", [infomec, mig_sup, dcimig])
def test_a_single_varying_factor_is_refused(metric: Any) -> None:
    with pytest.raises(ValueError, match="at least 2 that vary are needed, got 1"):
        metric.score(noise(rows=6), grid((6, 1)))


# ---- information by nearest neighbours


@pytest.mark.parametrize("k", [1, 3, 10])
def test_information_by_neighbours_is_that_of_scikit_learn(k: int) -> None:
    rng = np.random.RandomState(0)
    labels = rng.randint(6, size=300)
    labels[:3] = [6, 7, 7]  # one of its class, and fewer of it than neighbours
    codes = np.column_stack([labels + rng.standard_normal(300), rng.randint(9, size=300)])
    codes *= [1e-9, 1]  # a width that noise must not reach
    found = neighbours.information_matrix(codes, labels[:, None], k, np.random.RandomState(4))
    expected = mutual_info_classif(
        codes, labels, discrete_features=False, n_neighbors=k, random_state=4
    )
    # its distances within the smallest classes are rounded, which can count a neighbour more
    assert found[:, 0] == pytest.approx(expected, abs=5e-4)
    assert found[0, 0] > 0.3


def test_information_of_classes_that_lie_apart_is_their_entropy() -> None:
    labels = np.repeat([0, 1, 2, 3], 500)
    code = 10 * labels + np.random.RandomState(0).uniform(size=2000)
    # digamma is nearly the logarithm
    assert neighbours.mutual_information(code, labels, 10) == pytest.approx(np.log(4), abs=0.001)


def test_nothing_is_known_of_classes_that_all_have_one_row() -> None:
    assert neighbours.mutual_information(np.arange(3.0), np.arange(3), 10) == 0


# ---- predictive information


def test_infoe_is_what_scikit_learns_log_loss_says() -> None:
    factors, codes = grid(SIZES), noise(codes=3) + grid(SIZES)
    train, test = ((codes[rows], factors[rows]) for rows in (np.arange(60) % 3 > 0, slice(0, 20)))
    scaler = StandardScaler().fit(train[0])
    saved = []
    for k, size in enumerate(SIZES):
        model = LogisticRegression(C=np.inf, class_weight="balanced", max_iter=100)
        model.fit(scaler.transform(train[0]), train[1][:, k])
        predicted = model.predict_proba(scaler.transform(test[0]))
        loss = log_loss(test[1][:, k], predicted, labels=model.classes_)
        saved.append(max(1 - loss / np.log(size), 0))
    assert infomec.explicitness(train, test) == pytest.approx(np.mean(saved), abs=1e-6)


def test_infoe_of_one_known_factor_of_two_is_a_half_on_rows_held_out() -> None:
    factors = grid((4, 50, 50))[:, [0, 1]]
    codes = np.column_stack([factors[:, 0], noise(rows=10_000, codes=1)])
    found = infomec.score(codes, factors, Infomec(num_train=3000, num_test=1000))
    assert found["infoe"] == pytest.approx(0.5, abs=0.01)


def test_worse_than_knowing_nothing_counts_as_nothing_and_fitted_rows_flatter() -> None:
    factors, codes = grid(SIZES)[:50], noise(rows=50, codes=8)
    quick = {"num_train": 40, "num_test": 1000}
    held_out = infomec.score(codes, factors, Infomec(**quick))["infoe"]
    fitted = infomec.score(codes, factors, Infomec(scored_on="train", **quick))["infoe"]
    assert 0 <= held_out < 0.1 < fitted


def test_classes_that_the_classifier_does_not_know_count_as_chance() -> None:
    labels = np.repeat([0, 1, 2], 20)[:, None]
    codes = (labels - 1) ** 2 * np.array([[1.0, -1.0]])
    train = labels[:, 0] < 2
    known, all_of_them = (codes[train], labels[train]), (codes, labels)
    assert infomec.explicitness(known, known) == pytest.approx(1, abs=0.001)
    assert infomec.explicitness(known, all_of_them) == pytest.approx(2 / 3, abs=0.001)
