"""What linear maps leave: R² against scikit-learn, closed forms of ranks, independent parts."""

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression

from mtdis.metrics import _linear as linear
from mtdis.metrics import effective_rank, ica_mcc, linear_r2, mcc
from mtdis.metrics._similarity import similarities
from mtdis.specs.metrics.ica_mcc import IcaMcc
from tests.unit.metrics.test_reference import grid

SIZES = (3, 4, 5)
MIX = np.array([[1.0, 0.8, -0.5, 0.3], [-0.7, 1.0, 0.6, 1.1], [0.4, -0.9, 1.2, 0.2]])
"""Three factors to four codes: of rank 3, no code is a factor."""


def mixed(noise=0.0):
    factors = grid(SIZES)
    return factors @ MIX + noise * np.random.RandomState(0).standard_normal((len(factors), 4))


def test_r2_on_other_rows_is_that_of_scikit_learn():
    codes, factors = mixed(noise=1.0), grid(SIZES).astype(float)
    fitted, others = np.arange(0, 60, 2), np.arange(1, 60, 2)
    model = LinearRegression().fit(codes[fitted], factors[fitted])
    left = ((factors[others] - model.predict(codes[others])) ** 2).sum(axis=0)
    apart = ((factors[others] - factors[fitted].mean(axis=0)) ** 2).sum(axis=0)
    ours = linear.explained_elsewhere(
        codes[fitted], factors[fitted], codes[others], factors[others]
    )
    assert ours == pytest.approx(np.mean(1 - left / apart), abs=1e-10)
    assert linear.explained_elsewhere(codes, factors, codes, factors) == pytest.approx(
        linear.explained(codes, factors), abs=1e-12
    )


def test_a_linear_mix_of_the_factors_is_explained_and_more_codes_than_that_are_not():
    factors = grid(SIZES)
    noise = np.random.RandomState(1).standard_normal((60, 4))
    assert linear_r2.score(mixed(), factors) == pytest.approx(dict.fromkeys(linear_r2.KEYS, 1.0))
    found = linear_r2.score(np.hstack([mixed(), noise]), factors)
    assert found["factors_from_codes"] == pytest.approx(1)
    assert found["codes_from_factors"] == pytest.approx(0.5, abs=0.1)


def test_noise_explains_nothing_on_other_rows():
    factors = np.random.RandomState(1).randint(5, size=(50_000, 3))
    codes = np.random.RandomState(0).standard_normal((50_000, 8))
    assert linear_r2.score(codes, factors) == pytest.approx(
        dict.fromkeys(linear_r2.KEYS, 0.0), abs=0.005
    )


def test_ranks_of_known_codes():
    factors = grid((20, 30))
    uncorrelated = factors.astype(float)
    copies = uncorrelated[:, [0, 0, 1]] * [1.0, -3.0, 0.1]
    found = effective_rank.score(copies, factors)  # eigenvalues 2 and 1
    assert found == pytest.approx({"effective_rank": 9 / 5, "rank": 2.0}, abs=0.02)
    alone = effective_rank.score(np.insert(copies[:, :2], 1, 0.7, axis=1), factors)
    assert alone == pytest.approx({"effective_rank": 1.0, "rank": 1.0})


@pytest.mark.parametrize("contrast", ["logcosh", "exp", "cube"])
def test_independent_components_undo_a_linear_mix(contrast):
    factors = grid(SIZES)
    found = ica_mcc.score(mixed(), factors, IcaMcc(contrast=contrast))
    assert found["converged"] == 1
    assert min(found["pearson"], found["pearson_cross_fitted"]) > 0.99
    assert mcc.score(mixed(), factors)["pearson"] < 0.9


def test_any_linear_map_of_full_rank_leaves_the_components():
    factors, codes = grid(SIZES), np.tanh(0.4 * (mixed(noise=0.3) - 3))
    rng = np.random.RandomState(5)
    for turn in (np.linalg.qr(rng.standard_normal((4, 4)))[0], rng.standard_normal((4, 4))):
        assert ica_mcc.score(codes @ turn, factors) == pytest.approx(
            ica_mcc.score(codes, factors), abs=1e-6
        )


def test_a_narrow_code_is_no_rounding():
    """Of a millionth of the others' width and less, in what any linear map of codes leaves."""
    factors, codes = grid(SIZES), np.tanh(0.4 * (mixed(noise=0.3) - 3))
    narrow = codes * [1.0, 1e-5, 1e-8, 1.0]
    for metric in (linear_r2, ica_mcc):
        found = metric.score(narrow, factors)
        assert found == pytest.approx(metric.score(codes, factors), abs=1e-6)
    found = similarities(narrow, codes)
    same = ("mean_cca", "procrustes_white", "second_from_first")
    assert [found[key] for key in same] == pytest.approx([1, 1, 1])


def test_what_has_not_converged_says_so_and_does_not_warn():
    found = ica_mcc.score(mixed(noise=0.5), grid(SIZES), IcaMcc(max_iterations=2))
    assert found["converged"] == 0
    assert 0 < found["pearson"] <= 1


def test_a_lasso_of_uncorrelated_codes_shrinks_each_coefficient_alike():
    codes = linear.standardised(grid(SIZES).astype(float))
    shares = np.array([[0.8], [0.01], [-0.6]])
    found = linear.lasso(codes, codes @ shares, 0.02)
    assert found == pytest.approx(np.array([[0.78], [0], [-0.58]]), abs=1e-9)
