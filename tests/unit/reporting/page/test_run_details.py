"""Correlations on the page are Spearman's, and long curves keep their ends."""

import numpy as np
from scipy.stats import spearmanr

from mtdis.reporting.page.runs import evenly, rank_correlations


def test_correlations_are_those_of_scipy() -> None:
    rng = np.random.default_rng(0)
    codes, factors = rng.normal(size=(200, 3)), rng.integers(0, 4, (200, 2))
    codes[:, 0] += factors[:, 1]
    found = rank_correlations(codes, factors)
    for code in range(3):
        for factor in range(2):
            expected = abs(spearmanr(codes[:, code], factors[:, factor]).statistic)
            np.testing.assert_allclose(found[code, factor], expected, atol=1e-12)


def test_a_constant_code_has_no_correlation() -> None:
    found = rank_correlations(np.ones((5, 1)), np.arange(5)[:, None])
    assert found.tolist() == [[0.0]]


def test_evenly_spaced_places_keep_both_ends() -> None:
    assert evenly(5, 9).tolist() == [0, 1, 2, 3, 4]
    few = evenly(1000, 10)
    assert (few[0], few[-1], len(few)) == (0, 999, 10)
