"""Whose importances DCI takes: the trees' gain, what held-out rows lose, or a lasso's weights."""

import numpy as np
import pytest
from helpers.grids import grid

from mtdis.errors import ConfigError
from mtdis.metrics import dci
from mtdis.specs.metrics.dci import Dci


@pytest.mark.parametrize("importance", ["gain", "permutation", "lasso"])
def test_every_importance_finds_the_code_of_each_factor(importance):
    factors = grid((4, 3, 5))
    noise = np.random.RandomState(0).standard_normal((60, 1))
    codes = np.hstack([0.01 * factors[:, [2, 0, 1]], np.full((60, 1), 0.7), noise])
    settings = Dci(num_train=300, num_test=200, importance=importance)
    found = dci.score(codes, factors, settings)
    assert min(found.values()) > 0.95
    drawn = dci._samples(codes, factors, settings)
    matrix, *_ = dci.IMPORTANCES[importance](*drawn, settings)
    assert matrix.argmax(axis=0).tolist() == [1, 2, 0]
    assert matrix[3:].max() < 0.05


def test_a_lasso_keeps_one_of_two_codes_that_say_the_same() -> None:
    """So that its completeness does not tell them from one code, as that by gain does."""
    factors = np.random.default_rng(0).integers(0, 4, (600, 3))
    codes = np.concatenate([factors, factors], axis=1).astype(float)
    settings = {"num_train": 300, "num_test": 100}
    lasso, gain = (
        dci.score(codes, factors, Dci(importance=importance, **settings))["completeness"]
        for importance in ("lasso", "gain")
    )
    assert lasso == pytest.approx(1)
    assert gain < 0.8


def test_trees_that_no_lasso_grows_are_refused():
    with pytest.raises(ConfigError, match="estimator 'sklearn' is read by importances of trees"):
        Dci.parse({"importance": "lasso", "estimator": "sklearn"})


def test_a_test_row_at_the_mean_of_a_factor_says_nothing_of_it():
    factors = np.array([[0, 0], [1, 1], [2, 0], [1, 1]])
    test = factors[1:2].astype(float), factors[1:2]
    *_, r2 = dci.lasso((factors.astype(float), factors), test, Dci(importance="lasso"))
    assert r2 == pytest.approx(1, abs=0.01)  # of the second alone


def test_a_permuted_code_costs_what_it_alone_tells():
    """Of two codes that say the same, trees that cut along one do not miss the other."""
    factors = grid((4, 5))
    codes = factors[:, [0, 1, 1]].astype(float)
    settings = Dci(num_train=400, num_test=2000, importance="permutation")
    matrix, _, accuracy = dci.permutation(*dci._samples(codes, factors, settings), settings)
    assert accuracy == 1
    assert matrix[0] == pytest.approx([3 / 4, 0], abs=0.04)
    assert matrix[1:, 1].max() <= 4 / 5 + 0.04
