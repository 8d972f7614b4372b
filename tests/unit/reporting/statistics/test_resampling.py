"""Sign-flips, adjusted p-values and the chance of improvement, against closed forms, full
enumeration and what rliable and statsmodels gave once, outside the project.
"""

import json
from itertools import product
from math import comb

import numpy as np
import pytest
from helpers.places import REFERENCES
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from mtdis.randomness import generator
from mtdis.reporting.statistics.resampling import (
    DRAWS,
    holm,
    intersection_union,
    p_values,
    pairs_needed,
    probability_of_improvement,
    sign_flip_table,
    sign_flips,
    smallest_p,
    step_down,
)

OUTSIDE = json.loads((REFERENCES / "statistics.json").read_text())
RNG = generator(0, "tests")
cells = st.lists(
    st.lists(st.floats(-1, 1).map(lambda x: round(x, 3)), min_size=5, max_size=5),
    min_size=1,
    max_size=4,
)


def _p(differences: list[float], two_sided: bool = False) -> float:
    table = sign_flip_table(np.array(differences)[:, None], sign_flips(len(differences), RNG))
    return float(p_values(np.abs(table) if two_sided else table)[0])


@pytest.mark.parametrize(("pairs", "one", "two"), [(3, 0.125, 0.25), (5, 1 / 32, 1 / 16)])
def test_the_least_p_is_that_of_differences_of_one_sign(pairs: int, one: float, two: float) -> None:
    differences = list(np.linspace(0.1, 0.2, pairs))
    assert _p(differences) == one == smallest_p(pairs)
    assert _p(differences, two_sided=True) == two == smallest_p(pairs, two_sided=True)
    assert _p([-d for d in differences]) == 1


def test_least_p_of_ten_pairs_as_in_the_table_of_claims() -> None:
    assert smallest_p(10) == pytest.approx(0.001, abs=5e-5)
    assert smallest_p(10, two_sided=True) == pytest.approx(0.002, abs=5e-5)


def test_equal_differences_are_the_sign_test() -> None:
    # 6 of 8 positive: the chance that a binomial of 8 is at least 6.
    assert _p([1.0] * 6 + [-1.0] * 2) == sum(comb(8, k) for k in (6, 7, 8)) / 2**8


@pytest.mark.parametrize("two_sided", [False, True])
def test_as_scipys_permutation_test(two_sided: bool) -> None:
    differences = generator(1, "tests").normal(0.4, 1, 8)
    found = stats.permutation_test(
        (differences, np.zeros(8)),
        lambda a, b: np.mean(a - b),
        permutation_type="samples",
        alternative="two-sided" if two_sided else "greater",
        n_resamples=np.inf,
    )
    assert _p(list(differences), two_sided) == pytest.approx(found.pvalue)


def test_drawn_flips_count_themselves_and_come_near_the_exact_p() -> None:
    differences = generator(2, "tests").normal(0.3, 1, 20)
    exact = stats.permutation_test(
        (differences, np.zeros(20)), lambda a, b: np.mean(a - b), permutation_type="samples",
        alternative="greater", n_resamples=30_000, rng=generator(3, "tests"),
    ).pvalue  # fmt: skip
    assert _p(list(differences)) == pytest.approx(exact, abs=0.015)
    assert _p([1.0] * 40) == 1 / (DRAWS + 1)


def test_the_same_generator_gives_the_same_flips() -> None:
    one, other = (sign_flips(20, generator(4, "tests")) for _ in range(2))
    np.testing.assert_array_equal(one, other)
    assert (one[0] == 1).all()


def test_a_missing_difference_is_no_pair() -> None:
    values = np.array([[0.1, 0.1], [0.2, np.nan], [0.3, 0.3]])
    p = p_values(sign_flip_table(values, sign_flips(3, RNG)))
    assert list(p) == [1 / 8, 1 / 4]


def test_nothing_different_is_p_1() -> None:
    assert _p([0.0, 0.0, 0.0]) == 1


@settings(max_examples=40, deadline=None)
@given(cells)
def test_step_down_by_its_definition(columns: list[list[float]]) -> None:
    """Westfall and Young's algorithm 4.1 word for word, over all flips."""
    values = np.array(columns).T
    length = np.sqrt((values**2).sum(axis=0))
    scaled = values / np.where(length > 0, length, 1)
    tables = np.array([np.array(s) @ scaled for s in product((1, -1), repeat=5)])
    observed = tables[0]
    order = sorted(range(len(columns)), key=lambda j: -observed[j])
    expected, running = {}, 0.0
    for place, cell in enumerate(order):
        rest = order[place:]
        reached = [max(row[rest]) >= observed[cell] - 1e-9 for row in tables]
        running = max(running, sum(reached) / len(tables))
        expected[cell] = running
    found = step_down(sign_flip_table(values, sign_flips(5, RNG)))
    assert list(found) == pytest.approx([expected[j] for j in range(len(columns))])


@settings(max_examples=40, deadline=None)
@given(cells)
def test_adjusted_is_between_p_and_bonferronis(columns: list[list[float]]) -> None:
    table = sign_flip_table(np.array(columns).T, sign_flips(5, RNG))
    p, adjusted = p_values(table), step_down(table)
    assert (adjusted >= p - 1e-12).all()
    assert (adjusted <= np.minimum(1, len(p) * p.max()) + 1e-12).all()


def test_a_cell_twice_costs_nothing() -> None:
    one = np.array([[0.3], [0.1], [0.2], [0.4], [0.2]])
    table = sign_flip_table(np.hstack([one, one]), sign_flips(5, RNG))
    assert list(step_down(table)) == [1 / 32, 1 / 32]
    assert list(holm(p_values(table))) == [1 / 16, 1 / 16]


def test_holm_as_statsmodels() -> None:
    outside = OUTSIDE["statsmodels.multipletests holm"]
    assert list(holm(np.array(outside["p"]))) == pytest.approx(outside["adjusted"], abs=1e-12)


def test_all_of_them_hold_with_the_largest_p() -> None:
    assert intersection_union(np.array([0.01, 0.2, 0.03])) == 0.2


@pytest.mark.parametrize("case", OUTSIDE["rliable.probability_of_improvement"])
def test_chance_of_improvement_as_rliable(case: dict) -> None:
    found = probability_of_improvement(np.array(case["ours"]), np.array(case["theirs"]))
    assert found == pytest.approx(case["value"], abs=1e-12)


def test_chance_of_improvement_by_counting() -> None:
    assert probability_of_improvement(np.array([1.0, 3.0]), np.array([1.0, 2.0])) == 2.5 / 4
    assert np.isnan(probability_of_improvement(np.array([]), np.array([1.0])))


@pytest.mark.parametrize("m", [1, 3, 18])
@pytest.mark.parametrize("two_sided", [False, True])
def test_pairs_needed_are_the_fewest(m: int, two_sided: bool) -> None:
    pairs = pairs_needed(m, 0.05, two_sided)
    assert m * smallest_p(pairs, two_sided) <= 0.05 < m * smallest_p(pairs - 1, two_sided)


def test_two_sided_18_cells_need_ten_pairs() -> None:
    assert pairs_needed(18, 0.05, two_sided=True) == 10
