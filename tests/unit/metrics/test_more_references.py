"""Modularity, IRS, β-VAE and unsupervised scores against disentanglement_lib, its unit vectors and
closed forms.
"""

import hashlib
import importlib
import json
from typing import Any

import numpy as np
import pytest
from helpers.places import REFERENCES
from scipy.linalg import sqrtm
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import mutual_info_score, roc_auc_score

from mtdis.metrics import _information as information
from mtdis.metrics import beta_vae, factor_table, irs, modularity, unsupervised
from mtdis.metrics._estimators import logistic
from mtdis.specs.metric import Metric
from mtdis.specs.metrics.beta_vae import BetaVae
from mtdis.specs.metrics.irs import Irs
from mtdis.specs.metrics.modularity import Modularity
from tests.unit.metrics.test_reference import grid, mix

ORACLE = json.loads((REFERENCES / "disentanglement_lib_more.json").read_text())
ITERATIVE = {
    "explicitness_score_train",
    "explicitness_score_test",
    "train_accuracy",
    "eval_accuracy",
}
DSPRITES = (3, 6, 40, 32, 32)


def noise(seed=0, rows=60, codes=4):
    return np.random.RandomState(seed).standard_normal((rows, codes))


# ---- the library's own numbers


def oracle_cases():
    for case in ORACLE["cases"]:
        name = f"{case['metric']}-{case['table']}-seed{case['seed']}"
        yield pytest.param(case, id=f"{name}-{case['settings']['num_train']}")


@pytest.mark.slow
@pytest.mark.parametrize("case", list(oracle_cases()))
def test_agrees_with_disentanglement_lib(case: dict[str, Any]):
    recipe = ORACLE["tables"][case["table"]]
    factors = grid(recipe["sizes"])
    codes = mix(factors, recipe)
    assert hashlib.sha256(codes.tobytes()).hexdigest() == recipe["sha256"], (
        "the table differs from the stored one"
    )
    module = importlib.import_module(f"mtdis.metrics.{case['metric']}")
    metric = Metric.member(case["metric"])(seed=case["seed"], **case["settings"])
    ours = module.score(codes, factors, metric)
    assert set(ours) == set(case["result"])
    for key, value in case["result"].items():
        tolerance = 0.005 if key in ITERATIVE else 1e-6
        assert ours[key] == pytest.approx(value, abs=tolerance, rel=1e-9), key


def test_oracle_says_how_it_was_made():
    assert ORACLE["made"]["commit"].startswith("86a644d")
    assert {case["metric"] for case in ORACLE["cases"]} == {
        "modularity",
        "irs",
        "beta_vae",
        "unsupervised",
    }
    assert {case["seed"] for case in ORACLE["cases"]} >= {0}


# ---- modularity and explicitness


@pytest.mark.parametrize(
    ("matrix", "expected"),
    [
        (5 * np.eye(5), 1),
        (np.array([[1.0, 0.0], [0.0, 1.0], [0.0, 0.0]]), 2 / 3),
        (np.zeros((10, 10)), 0),
        (np.vstack([5 * np.eye(5)] * 2), 1),
        (5 * np.eye(5)[:2], 1),
        (np.hstack([5 * np.eye(5)] * 2), 1 - 1 / 9),
        (np.array([[2.0, 1.0, 1.0]]), 1 - (1 + 1) / (4 * 2)),
    ],
    ids=[
        "diagonal",
        "empty-code",
        "zeros",
        "two-codes-each",
        "missed-factors",
        "two-factors-each",
        "formula",
    ],
)
def test_modularity_of_known_information(matrix, expected):
    assert modularity.modularity(matrix) == pytest.approx(expected, abs=1e-12)


def test_perfect_codes_are_modular_and_explicit():
    factors = grid((3, 5, 4))
    result = modularity.score(factors.astype(float), factors)
    assert result["modularity_score"] == pytest.approx(1, abs=0.001)
    assert result["explicitness_score_test"] > 0.98


def test_a_dead_code_takes_its_share_of_modularity_and_leaves_explicitness():
    factors = grid((3, 5, 4))
    quick = Modularity(num_train=500, num_test=300)
    alone = modularity.score(factors.astype(float), factors, quick)
    dead = np.float32(np.insert(factors.astype(float), 1, 0.7, axis=1))
    result = modularity.score(dead, factors, quick)
    assert result["modularity_score"] == pytest.approx(0.75 * alone["modularity_score"])
    assert result["explicitness_score_train"] == alone["explicitness_score_train"]
    assert result["explicitness_score_test"] == alone["explicitness_score_test"]


@pytest.mark.parametrize("value", [0.1, 0.7, 1e6 + 0.1, 0.0])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_constant_codes_are_neither_modular_nor_explicit(value, dtype):
    result = modularity.score(
        np.full((60, 3), value, dtype), grid((3, 5, 4)), Modularity(num_train=500, num_test=300)
    )
    assert result == {
        "modularity_score": 0,
        "explicitness_score_train": 0.5,
        "explicitness_score_test": 0.5,
    }


@pytest.mark.parametrize("decimals", [1, 12], ids=["ties", "no-ties"])
def test_area_is_that_of_scikit_learn(decimals):
    rng = np.random.RandomState(0)
    positive = rng.uniform(size=300) < 0.3
    scores = np.round(positive + rng.standard_normal(300), decimals)
    assert modularity.area(scores, positive) == pytest.approx(
        roc_auc_score(positive, scores), abs=1e-12
    )


def test_explicitness_leaves_out_absent_classes_and_counts_unknown_ones_as_chance():
    labels = np.repeat([0, 1, 2], 20)[:, None]
    codes = np.column_stack([labels == k for k in range(3)]).astype(float)
    known = labels[:, 0] < 2
    train, test = (codes, labels), (codes[known], labels[known])
    assert modularity.explicitness(train, test) == (1, 1)
    assert modularity.explicitness(test, train) == (1, pytest.approx((1 + 1 + 0.5) / 3))


def test_modularity_refuses_draws_and_factors_that_are_too_few():
    with pytest.raises(ValueError, match="at least 2 that vary are needed, got 1"):
        modularity.score(np.ones((6, 2)), np.arange(6)[:, None])
    with pytest.raises(ValueError, match=r"only one class of varying factors \[0, 1\]: draw more"):
        modularity.score(
            np.ones((6, 2)), grid((2, 3)), Modularity(num_train=100, num_test=2, seed=5)
        )


# ---- the classifier of explicitness and of the β-VAE metric


def test_the_classifier_stops_without_a_word_where_it_does_not_converge():
    rng = np.random.RandomState(0)
    features, labels = 1e3 * rng.standard_normal((500, 8)), rng.randint(0, 9, 500)
    assert logistic.fit(features, labels).n_iter_ == 100


def test_explicitness_is_the_area_by_scikit_learn():
    factors = grid((3, 5, 4))
    rng = np.random.RandomState(0)
    codes = factors @ rng.standard_normal((3, 4)) + rng.standard_normal((60, 4))
    standardised = (codes - codes.mean(axis=0)) / codes.std(axis=0)
    areas = []
    for labels in factors.T:
        model = LogisticRegression(max_iter=1000).fit(standardised, labels)
        scores = model.predict_proba(standardised).T
        areas.append(np.mean([roc_auc_score(labels == k, s) for k, s in enumerate(scores)]))
    on_train, on_test = modularity.explicitness((codes, factors), (codes, factors))
    assert on_train == on_test == pytest.approx(np.mean(areas), abs=0.001)


# ---- IRS


def test_irs_of_perfect_codes_is_one():
    factors = grid((4, 3, 5))
    assert irs.score(factors.astype(float), factors)["IRS"] == pytest.approx(1, abs=1e-12)
    assert irs.score(factors.astype(np.float32)[:, [0, 0, 1]], factors)["IRS"] == pytest.approx(
        1, abs=1e-6
    )


def test_irs_of_a_sum_of_two_factors_in_closed_form():
    factors = grid((3, 3))
    result = irs.score(
        factors.sum(axis=1, keepdims=True).astype(float),
        factors,
        Irs(num_train=50_000, diff_quantile=1),
    )
    # with one of them held, the sum strays by 1 from its mean; over all rows by 2
    assert result["IRS"] == pytest.approx(1 - 1 / 2, abs=0.01)


def test_irs_weighs_codes_by_their_largest_deviation():
    factors = grid((3, 3))
    codes = np.stack([factors[:, 0], 3 * factors.sum(axis=1)], axis=1).astype(float)
    result = irs.score(codes, factors, Irs(num_train=50_000, diff_quantile=1))
    assert result["IRS"] == pytest.approx((1 * 1 + 6 * 0.5) / (1 + 6), abs=0.01)


def test_irs_ignores_dead_codes_and_one_scale_for_all():
    factors = grid((4, 3, 5))
    alone = irs.score(noise(), factors)
    dead = np.hstack([np.full((60, 1), 0.7), noise()])
    assert irs.score(dead, factors) == pytest.approx(alone, abs=1e-12)
    assert irs.score(1e-3 * noise(), factors) == pytest.approx(alone, abs=1e-12)
    assert irs.score(np.full((60, 2), 0.1, np.float32), factors) == {"IRS": 0.0}


def test_irs_merges_classes_beyond_the_bins():
    factors = grid((40, 3))
    codes = factors[:, :1].astype(float)
    fine, merged = (irs.score(codes, factors, Irs(num_bins=bins))["IRS"] for bins in (40, 20))
    assert fine == pytest.approx(1, abs=1e-12)
    assert merged == pytest.approx(
        1 - 0.5 / 19.5, abs=0.002
    )  # two classes a bin, each half a class from their mean


# ---- β-VAE


@pytest.mark.slow
def test_beta_vae_of_perfect_codes_is_one_and_of_noise_is_chance():
    factors = grid((10, 10, 10))
    assert beta_vae.score(factors.astype(float), factors) == {
        "train_accuracy": 1.0,
        "eval_accuracy": 1.0,
    }
    factors = grid(DSPRITES)
    result = beta_vae.score(noise(rows=len(factors), codes=8).astype(np.float32), factors)
    assert result["eval_accuracy"] == pytest.approx(1 / 5, abs=0.025)


def test_beta_vae_of_constant_codes_is_the_share_of_the_commonest_factor():
    table = factor_table(grid((4, 3, 5)))
    rng = np.random.RandomState(0)
    train, _ = table.pairs_with_a_shared_factor(rng, 300, 8)
    evaluation, _ = table.pairs_with_a_shared_factor(rng, 200, 8)
    commonest = np.argmax(np.bincount(train))
    settings = BetaVae(num_train=300, num_eval=200, batch_size=8)
    result = beta_vae.score(np.full((60, 3), 0.7), table, settings)
    assert result == {
        "train_accuracy": pytest.approx(np.mean(train == commonest)),
        "eval_accuracy": pytest.approx(np.mean(evaluation == commonest)),
    }


def test_beta_vae_of_large_codes_is_finite():
    settings = BetaVae(num_train=200, num_eval=100)
    result = beta_vae.score(1e15 * noise(), grid((4, 3, 5)), settings)
    assert all(0 <= value <= 1 for value in result.values())


def test_beta_vae_refuses_what_leaves_nothing_to_tell_apart():
    with pytest.raises(ValueError, match="at least 2 that vary are needed, got 1"):
        beta_vae.score(np.ones((6, 2)), np.arange(6)[:, None])
    with pytest.raises(ValueError, match=r"all of 2 training batches share factor .: draw more"):
        beta_vae.score(np.ones((6, 2)), grid((2, 3)), BetaVae(num_train=2, seed=4))


def test_pairs_replay_one_random_call_per_batch_half_and_factor():
    sizes, num, batch = (2, 7, 3), 40, 5
    table = factor_table(grid(sizes))
    ours, reference = np.random.RandomState(3), np.random.RandomState(3)
    shared, rows = table.pairs_with_a_shared_factor(ours, num, batch)
    for b in range(num):
        factor = reference.randint(3)
        first, second = (
            np.stack([reference.randint(size, size=batch) for size in sizes]) for _ in range(2)
        )
        second[factor] = first[factor]
        assert factor == shared[b]
        np.testing.assert_array_equal(
            rows[b], [np.ravel_multi_index(half, sizes) for half in (first, second)]
        )
    assert ours.randint(1000) == reference.randint(1000), "the generators stand at different places"


@pytest.mark.parametrize("kept", [60, 47], ids=["shuffled", "holes"])
def test_pairs_off_the_grid_share_their_factor_and_are_uniform(kept):
    factors = grid((4, 3, 5))[np.random.RandomState(0).permutation(60)[:kept]]
    table = factor_table(factors)
    assert not table.on_grid
    shared, rows = table.pairs_with_a_shared_factor(np.random.RandomState(1), 3000, 16)
    first, second = table.classes[rows[:, 0]], table.classes[rows[:, 1]]
    for factor in range(3):
        agree = np.mean(first[shared == factor] == second[shared == factor], axis=(0, 1))
        assert agree[factor] == 1
        assert np.all(np.delete(agree, factor) < 0.5)
    counts = np.bincount(rows.ravel(), minlength=kept) / rows.size
    np.testing.assert_allclose(counts, 1 / kept, rtol=0.1)


# ---- unsupervised scores


def covariance(correlation, deviations=(1.0, 1.0)):
    return np.array([[1.0, correlation], [correlation, 1.0]]) * np.outer(deviations, deviations)


@pytest.mark.parametrize("correlation", [0.0, 0.3, -0.9, 0.999])
@pytest.mark.parametrize("deviations", [(1.0, 1.0), (0.01, 20.0)])
def test_total_correlation_of_two_gaussians_in_closed_form(correlation, deviations):
    expected = -0.5 * np.log(1 - correlation**2)
    result = unsupervised.total_correlation(covariance(correlation, deviations))
    assert result == pytest.approx(expected, abs=1e-12)


def test_total_correlation_of_equally_correlated_gaussians_in_closed_form():
    d, correlation = 6, 0.4
    matrix = np.full((d, d), correlation) + (1 - correlation) * np.eye(d)
    determinant = (1 - correlation) ** (d - 1) * (1 + (d - 1) * correlation)
    assert unsupervised.total_correlation(3.7 * matrix) == pytest.approx(
        -0.5 * np.log(determinant), abs=1e-12
    )


def test_scores_of_drawn_gaussians_are_those_of_their_covariance():
    factors = grid((100, 100))
    codes = noise(rows=len(factors), codes=2) @ np.linalg.cholesky(covariance(0.8)).T
    result = unsupervised.score(codes, factors)
    assert result["gaussian_total_correlation"] == pytest.approx(-0.5 * np.log(1 - 0.64), abs=0.03)
    distance = 2 * 2 - 2 * (np.sqrt(1.8) + np.sqrt(0.2))
    assert result["gaussian_wasserstein_correlation"] == pytest.approx(distance, abs=0.03)
    assert result["gaussian_wasserstein_correlation_norm"] == pytest.approx(distance / 2, abs=0.015)


def test_wasserstein_correlation_is_that_of_the_matrix_square_root():
    factor = noise(rows=5, codes=5)
    matrix = factor @ factor.T
    root = sqrtm(matrix * np.diag(matrix)[:, None]).real
    assert unsupervised.wasserstein_correlation(matrix) == pytest.approx(
        2 * np.trace(matrix) - 2 * np.trace(root)
    )


def test_mean_information_is_that_of_scikit_learn():
    codes = np.column_stack([noise(rows=500, codes=2), np.arange(500.0) % 7])
    labels = information.discretise(codes, 20)
    expected = np.mean(
        [mutual_info_score(labels[:, i], labels[:, j]) for i, j in ((0, 1), (0, 2), (1, 2))]
    )
    assert unsupervised.mean_information(codes, 20) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_dead_code_depends_on_nothing(dtype):
    factors, codes = grid((4, 3, 5)), noise().astype(dtype)
    alone, dead = (
        unsupervised.score(c, factors) for c in (codes, np.insert(codes, 2, 0.1, axis=1))
    )
    between_alone, between_all = alone.pop("mutual_info_score"), dead.pop("mutual_info_score")
    assert dead == pytest.approx(alone, abs=1e-12)
    assert between_all == pytest.approx(between_alone * (4 * 3) / (5 * 4))


def test_constant_codes_depend_on_nothing():
    for codes in (np.full((60, 3), 0.1, np.float32), np.full((60, 2), 0.7)):
        assert set(unsupervised.score(codes, grid((4, 3, 5))).values()) == {0.0}
    one_left = np.column_stack([noise()[:, 0], np.full(60, 0.7)])
    assert unsupervised.score(one_left, grid((4, 3, 5))) == pytest.approx(
        dict.fromkeys(unsupervised.KEYS, 0), abs=1e-12
    )


def test_linearly_dependent_codes_are_finite():
    codes = noise(codes=2)
    result = unsupervised.score(
        np.column_stack([codes, codes.sum(axis=1), 3 * codes[:, 0]]), grid((4, 3, 5))
    )
    assert 25 < result["gaussian_total_correlation"] < 45
    assert all(np.isfinite(value) for value in result.values())


def test_unsupervised_scores_need_two_codes():
    with pytest.raises(ValueError, match="at least 2 are needed, got 1"):
        unsupervised.score(noise(codes=1), grid((4, 3, 5)))
