"""p-values and summaries by hand."""

from statistics import fmean, stdev

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mtdis.specs.calibration import Calibration
from mtdis.specs.ids import identify
from mtdis.specs.nulls import p_value, quantile, summarise

NULL = [0.1, 0.2, 0.3, 0.4]
VALUES: dict[str, float | list[float]] = {
    "none": 0.5,
    "standardised": 0.15,
    "whitened": 0.3,
    "oriented": 0.85,
    "perfect": 0.9,
    "rotated_whitened": NULL,
    "rotated_standardised": NULL,
    "permuted": [0.0, 0.02],
}


def test_an_id_has_the_fields_that_differ_from_the_defaults() -> None:
    assert identify(Calibration()) == "calibration"
    assert identify(Calibration(rotations=499, stop_after=5)) == (
        "calibration+rotations=499+stop_after=5"
    )


@pytest.mark.parametrize(
    ("score", "p"), [(0.5, 1 / 5), (0.4, 2 / 5), (0.3, 3 / 5), (0.05, 1), (0.35, 2 / 5)]
)
def test_p_counts_the_score_itself_and_ties(score: float, p: float) -> None:
    assert p_value(score, NULL) == p
    assert p_value(-score, [-value for value in NULL], "lowest") == p


def test_p_of_no_null_is_one() -> None:
    assert p_value(1.0, []) == 1.0


def test_a_stopped_null_gives_besag_and_cliffords_p() -> None:
    assert p_value(0.25, [0.1, 0.3, 0.2, 0.4], stop_after=2) == 2 / 4
    assert p_value(0.35, [0.1, 0.3, 0.2, 0.4], stop_after=2) == 2 / 5


@pytest.mark.parametrize("stop_after", [1, 2, 5])
def test_a_stopped_p_is_valid_and_reaches_each_of_its_values(stop_after: int) -> None:
    """All orders of 20 values are alike: the place of the score and of those that reach it decide.
    By simulation, P(p ≤ α) ≤ α to three standard errors, with equality at the p there are.
    """
    rng, count, draws = np.random.default_rng(stop_after), 4_000, 19
    found = []
    for values in rng.random((count, draws + 1)):
        above = np.flatnonzero(values[1:] >= values[0])
        end = above[stop_after - 1] + 1 if len(above) >= stop_after else draws
        found.append(p_value(values[0], values[1 : end + 1].tolist(), stop_after=stop_after))
    p = np.array(found)
    for level in np.unique(p):
        error = np.sqrt(level * (1 - level) / count)
        assert abs(np.mean(p <= level) - level) <= 4 * error


def test_a_summary_by_hand() -> None:
    found = summarise(VALUES)
    deviation = stdev(NULL)
    assert found == {
        "null_mean": fmean(NULL),
        "null_sd": deviation,
        "null_q05": pytest.approx(0.115),
        "null_q95": pytest.approx(0.385),
        "p_whitened": 3 / 5,
        "p_standardised": 4 / 5,
        "above_null": pytest.approx(0.05),
        "above_null_sd": pytest.approx(0.05 / deviation),
        "alignment": pytest.approx(0.05 / 0.6),
        "permuted_mean": pytest.approx(0.01),
    }


def test_where_less_is_better_a_summary_is_the_same_with_other_signs() -> None:
    turned = {
        name: [-v for v in value] if isinstance(value, list) else -value
        for name, value in VALUES.items()
    }
    found, mirrored = summarise(VALUES), summarise(turned, "lowest")
    for name in ("p_whitened", "p_standardised", "alignment", "null_sd"):
        assert mirrored[name] == found[name]
    assert mirrored["above_null"] == pytest.approx(-0.05)


@pytest.mark.parametrize("ceiling", [0.25, 0.5, 0.2])
def test_there_is_no_alignment_where_the_ceiling_is_within_the_null(ceiling: float) -> None:
    assert summarise(VALUES | {"oriented": ceiling})["alignment"] is None


def test_without_draws_their_numbers_are_missing() -> None:
    found = summarise(VALUES | {"rotated_whitened": [], "rotated_standardised": [], "permuted": []})
    assert set(found.values()) == {None}


def test_a_null_without_spread_has_no_alignment_at_its_own_height() -> None:
    found = summarise(VALUES | {"rotated_whitened": [0.3, 0.3], "oriented": 0.3})
    assert found["null_sd"] == 0
    assert found["above_null_sd"] is None
    assert found["alignment"] is None


@settings(deadline=None, max_examples=30)
@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=30), st.floats(0, 1))
def test_quantiles_are_numpys(values: list[float], share: float) -> None:
    assert quantile(values, share) == pytest.approx(np.quantile(values, share), abs=1e-6)
