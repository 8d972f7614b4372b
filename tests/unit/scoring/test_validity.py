"""The nulls are what they say: p is uniform where axes are arbitrary, least where they are not, and
nulls that look right are not.

The test of uniformity is χ² on the places of the scores among their nulls. Its false-alarm rate is
LEVEL for each case; seeds are stored, so that a case that passes stays so.
"""

from typing import Any

import numpy as np
import pytest
from helpers.unaligned import (
    DRAWS,
    KINDS,
    METRICS,
    Standing,
    aligned,
    places,
    right,
    right_white,
    standing,
    uniformity,
    wrong,
)

from mtdis.specs.nulls import p_value

LEVEL = 1e-3


def found(of: Any, name: str, kind: str, count: int) -> dict[str, list[Standing]]:
    """By what it is of, where the scores of so many codes of a kind stand in their nulls."""
    every = [of(name, KINDS[kind](seed), seed) for seed in range(count)]
    return {which: [standing(*one[which]) for one in every] for which in every[0]}


@pytest.mark.parametrize("kind", KINDS)
def test_p_is_uniform_where_axes_are_arbitrary(kind: str) -> None:
    assert uniformity(places(found(right_white, "factor_vae", kind, 60)["whitened"]), 4) > LEVEL


@pytest.mark.parametrize("name", ["mig", "factor_vae", "sap"])
def test_aligned_codes_reach_the_least_p(name: str) -> None:
    for score, null in right(name, aligned(0), 0).values():
        assert p_value(score, null) == 1 / (DRAWS + 1)


def test_rotations_that_keep_the_covariance_are_no_null() -> None:
    nulls = found(wrong, "factor_vae", "X·R", 60)["covariance kept"]
    assert uniformity(places(nulls), 4) < LEVEL


def told(name: str, kind: str, which: str, standings: list[Standing]) -> float:
    """p of the uniformity of all 20 places, printed beside the share of p ≤ .05."""
    share = np.mean([above + equal == 0 for above, equal in standings])  # p = 1 / 20
    p = uniformity(places(standings), 20)
    print(f"{name}, {kind}, {which}: share of p ≤ .05 {share:.4f}, χ² p {p:.2g}")
    return p


@pytest.mark.slow
@pytest.mark.simulation
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", METRICS)
def test_p_is_uniform_on_four_hundred_codes(name: str, kind: str) -> None:
    assert told(name, kind, "whitened", found(right_white, name, kind, 400)["whitened"]) > LEVEL


@pytest.mark.slow
@pytest.mark.simulation
@pytest.mark.parametrize("name", ["mig", "factor_vae"])
def test_nulls_that_look_right_fail_on_four_hundred_codes(name: str) -> None:
    for which, nulls in found(wrong, name, "X·R", 400).items():
        assert told(name, "X·R", which, nulls) < LEVEL, which


@pytest.mark.slow
@pytest.mark.simulation
@pytest.mark.parametrize("name", METRICS)
def test_twenty_aligned_codes_reach_the_least_p(name: str) -> None:
    for seed in range(20):
        for score, null in right_white(name, aligned(seed), seed).values():
            assert p_value(score, null) == 1 / (DRAWS + 1)
