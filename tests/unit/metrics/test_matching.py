"""Mean correlation coefficients against scipy's correlations, all pairings, and closed forms."""

from itertools import permutations

import numpy as np
import pytest
from scipy.stats import pearsonr, spearmanr

from mtdis.metrics import _matching as matching
from mtdis.metrics import mcc
from mtdis.metrics._sampling import code_table
from mtdis.specs.metrics.mcc import Mcc
from tests.unit.metrics.test_reference import grid


def noise(rows=60, codes=4, seed=0):
    return np.random.RandomState(seed).standard_normal((rows, codes))


@pytest.mark.parametrize(
    ("unit", "theirs"), [(matching.unit_columns, pearsonr), (matching.unit_ranks, spearmanr)]
)
def test_correlations_are_those_of_scipy(unit, theirs):
    codes, factors = noise().round(1), grid((3, 4, 5))
    ours = matching.correlate(unit(codes), unit(factors))
    wanted = [[theirs(code, factor)[0] for factor in factors.T] for code in codes.T]
    assert ours == pytest.approx(np.array(wanted), abs=1e-12)


def test_no_other_pairs_have_a_larger_sum():
    found = noise(5, 3, seed=2)
    sums = [sum(abs(found[code, k]) for k, code in enumerate(p)) for p in permutations(range(5), 3)]
    assert matching.matched(found) == pytest.approx(max(sums) / 3)


def test_a_factor_without_a_code_of_its_own_counts_as_0():
    factors = grid((10, 11, 12))
    found = mcc.score(factors[:, [1, 1]].astype(float), factors)
    assert found["pearson"] == pytest.approx(1 / 3, abs=0.02)
    assert found["spearman_cross_fitted"] == pytest.approx(1 / 3, abs=0.02)


def test_monotone_codes_are_perfect_by_ranks_and_not_by_pearson():
    factors = grid((3, 4, 5))
    found = mcc.score(np.exp(2.0 * factors), factors)
    assert found["spearman"] == pytest.approx(1)
    assert found["pearson"] < 0.9


def test_on_other_rows_chance_is_0():
    """In-sample the pairs of noise always correlate; where they were not chosen they do not."""
    factors = np.random.RandomState(1).randint(5, size=(4000, 3))
    settings = [Mcc(num_train=100, seed=seed) for seed in range(60)]
    found = [mcc.score(noise(4000, 8), factors, one) for one in settings]
    for kind in ("pearson", "spearman"):
        assert np.mean([one[kind] for one in found]) > 0.12
        assert np.mean([one[f"{kind}_cross_fitted"] for one in found]) == pytest.approx(0, abs=0.02)


def test_no_image_is_in_both_halves():
    """Also where a draw holds each of few images many times, and chance is 0 there."""
    factors = np.random.RandomState(1).randint(5, size=(40, 3))
    table = code_table(np.arange(40.0)[:, None], factors)
    first, second = table.halves(np.random.RandomState(0), 1000, 16)
    assert not set(first[0].ravel()) & set(second[0].ravel())
    assert len(first[0]) + len(second[0]) == 1000
    found = [mcc.score(noise(40, 8, seed), factors, Mcc(num_train=1000)) for seed in range(60)]
    assert np.mean([one["pearson"] for one in found]) > 0.2
    assert np.mean([one["pearson_cross_fitted"] for one in found]) == pytest.approx(0, abs=0.04)


def test_halves_that_disagree_in_a_sign_cancel():
    one = np.array([[0.9, 0.1], [0.0, 0.8]])
    assert matching.cross_fitted(one, one) == pytest.approx(0.85)
    assert matching.cross_fitted(one, one * [1, -1]) == pytest.approx(0.05)
