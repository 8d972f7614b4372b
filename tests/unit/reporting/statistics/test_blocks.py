"""Page's L and Friedman's statistic, permuted within blocks, against SciPy and by enumeration."""

from itertools import permutations, product

import numpy as np
import pytest
from scipy import stats

from mtdis.randomness import generator
from mtdis.reporting.statistics.blocks import (
    block_permutations,
    friedman_table,
    page_table,
)
from mtdis.reporting.statistics.resampling import DRAWS, p_values

RNG = generator(0, "tests")


def _values(blocks: int, columns: int, slope: float = 0.3) -> np.ndarray:
    noise = generator(blocks, "tests", columns).normal(size=(blocks, columns))
    return (noise + slope * np.arange(columns))[:, :, None]


def test_every_permutation_of_every_block_the_identity_first() -> None:
    ways = block_permutations(2, 3, RNG)
    assert ways[0].tolist() == [[0, 1, 2], [0, 1, 2]]
    assert len({w.tobytes() for w in ways}) == len(ways) == 36


def test_drawn_ways_are_permutations_and_the_generators() -> None:
    one, other = (block_permutations(5, 6, generator(1, "tests")) for _ in range(2))
    np.testing.assert_array_equal(one, other)
    assert len(one) == DRAWS + 1
    assert one[0].tolist() == [list(range(6))] * 5
    assert (np.sort(one, axis=2) == np.arange(6)).all()


@pytest.mark.parametrize(("blocks", "columns"), [(3, 3), (2, 4), (5, 3)])
def test_page_as_scipys_exact_test(blocks: int, columns: int) -> None:
    values = _values(blocks, columns)
    expected = stats.page_trend_test(values[:, :, 0], method="exact").pvalue
    found = p_values(page_table(values, block_permutations(blocks, columns, RNG)))
    assert found == pytest.approx(expected, abs=1e-12)


def test_page_drawn_comes_near_scipys_exact_test() -> None:
    values = _values(5, 6, slope=0.2)
    expected = stats.page_trend_test(values[:, :, 0], method="exact").pvalue
    found = p_values(page_table(values, block_permutations(5, 6, RNG)))
    assert found == pytest.approx(expected, abs=0.015)


def test_page_is_standardised() -> None:
    table = page_table(_values(3, 4), block_permutations(3, 4, RNG))
    assert table.mean() == pytest.approx(0, abs=1e-12)
    assert table.std() == pytest.approx(1)


@pytest.mark.parametrize("ties", [False, True])
def test_friedman_as_scipys_statistic(ties: bool) -> None:
    values = _values(6, 4)
    values = np.round(values) if ties else values
    found = friedman_table(values, block_permutations(6, 4, RNG))[0, 0]
    assert found == pytest.approx(stats.friedmanchisquare(*values[:, :, 0].T).statistic)


def test_friedman_p_by_enumeration() -> None:
    values = _values(3, 3)
    ways = list(product(permutations(range(3)), repeat=3))
    sizes = [
        stats.friedmanchisquare(*np.array([values[b, list(w), 0] for b, w in enumerate(way)]).T)
        for way in ways
    ]
    expected = np.mean([one.statistic >= sizes[0].statistic - 1e-9 for one in sizes])
    found = p_values(friedman_table(values, block_permutations(3, 3, RNG)))
    assert found == pytest.approx(expected)


def test_what_is_missing_is_the_middle_of_its_block() -> None:
    values = np.array([[[1.0], [np.nan], [3.0]], [[1.0], [2.0], [3.0]]])
    ways = block_permutations(2, 3, RNG)
    filled = np.where(np.isnan(values), 2.0, values)
    # 1, _, 3: ranks -.5, 0, .5 in place of -1, 0, 1
    ranks = filled - 2
    ranks[0] /= 2
    sums = [sum(ranks[b, way[b], 0] for b in range(2)) @ np.array([-1, 0, 1]) for way in ways]
    assert p_values(page_table(values, ways)) == pytest.approx(
        np.mean([s >= sums[0] - 1e-9 for s in sums])
    )


def test_equal_values_are_p_1() -> None:
    values, ways = np.ones((3, 3, 1)), block_permutations(3, 3, RNG)
    assert p_values(page_table(values, ways)) == 1
    assert p_values(friedman_table(values, ways)) == 1
