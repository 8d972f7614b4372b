"""Intervals: the shifts that the test does not reject, and the level that they have."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from mtdis.randomness import generator
from mtdis.reporting.statistics.intervals import BCA_PAIRS, bca, inverted_sign_flip
from mtdis.reporting.statistics.resampling import p_values, sign_flip_table, sign_flips

RNG = generator(0, "tests")


@pytest.mark.parametrize(
    ("pairs", "level"), [(2, 0.5), (3, 0.75), (5, 0.9375), (6, 0.96875), (10, 1 - 50 / 1024)]
)
def test_levels_of_few_pairs(pairs: int, level: float) -> None:
    assert inverted_sign_flip(np.arange(pairs, dtype=float), RNG).level == pytest.approx(level)


def test_of_few_pairs_it_is_their_range() -> None:
    assert inverted_sign_flip(np.array([0.3, 0.1, 0.7]), RNG)[:2] == (0.1, 0.7)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(-1000, 1000), min_size=2, max_size=8, unique=True))
def test_it_holds_the_shifts_that_the_test_does_not_reject(values: list[int]) -> None:
    differences = np.array(values, dtype=float)
    low, high, level = inverted_sign_flip(differences, RNG)
    flips = sign_flips(len(values), RNG)

    def p_of(shift: float) -> float:
        table = np.abs(sign_flip_table((differences - shift)[:, None], flips))
        return float(p_values(table)[0])

    assert p_of(low + 1e-4) > 1 - level + 1e-9
    assert p_of(high - 1e-4) > 1 - level + 1e-9
    assert p_of(low - 1e-4) <= 1 - level + 1e-9
    assert p_of(high + 1e-4) <= 1 - level + 1e-9


def test_many_pairs_come_near_students_interval() -> None:
    differences = generator(1, "tests").normal(0.2, 1, 40)
    low, high, level = inverted_sign_flip(differences, RNG)
    mean, error = differences.mean(), stats.sem(differences)
    expected = stats.t.interval(0.95, 39, mean, error)
    assert level == pytest.approx(0.95, abs=0.001)
    assert (low, high) == pytest.approx(expected, abs=0.15 * error)


def test_one_pair_has_no_interval() -> None:
    assert np.isnan(inverted_sign_flip(np.array([0.3]), RNG)).all()


def test_bca_of_ten_pairs_and_not_of_fewer() -> None:
    differences = generator(2, "tests").normal(0.2, 1, BCA_PAIRS)
    low, high, level = bca(differences, RNG)
    assert low < differences.mean() < high
    assert level == 0.95
    assert np.isnan(bca(differences[1:], RNG)).all()
    assert np.isnan(bca(np.ones(BCA_PAIRS), RNG)).all()
