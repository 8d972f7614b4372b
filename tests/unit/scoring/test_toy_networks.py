"""Axes of networks that gradient descent trained from normal initial values mean nothing: p of
their scores is uniform. That is a theorem (tests/unit/training/test_rotation_theorem.py), here from
end to end: mtdis trains, encodes, whitens, rotates and scores.

The test is χ² on the places of the scores among their nulls, in four cells of five. Its false-alarm
rate is LEVEL for each case, < 1 % for all. Of standardised codes the theorem holds nearly: they are
rescaled after the rotation.
"""

import json
from collections.abc import Sequence
from typing import Any

import pytest
from helpers.places import REFERENCES
from helpers.toy_networks import networks
from helpers.unaligned import places, uniformity

LEVEL = 1e-3
RIGHT = [(name, "whitened") for name in ("mig", "factor_vae", "sap", "dci")] + [
    (name, "standardised") for name in ("mig", "factor_vae", "sap")
]


def stored(optimiser: str) -> list[dict[str, Any]]:
    lines = (REFERENCES / f"toy_networks_{optimiser}.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


def p_of(found: Sequence[dict[str, Any]], name: str, null: str) -> float:
    """p of the uniformity of so many networks' places."""
    return uniformity(places(one["standings"][name][null] for one in found), 4)


def test_sixty_networks_are_stored_that_learned_something() -> None:
    found = stored("sgd")
    assert [one["seed"] for one in found] == list(range(1, 61))
    assert all(one["r2"] > 0 for one in found)


@pytest.mark.parametrize(("name", "null"), RIGHT)
def test_p_of_networks_trained_by_gradient_descent_is_uniform(name: str, null: str) -> None:
    assert p_of(stored("sgd"), name, null) > LEVEL


def test_a_null_that_looks_right_fails_on_as_many_networks() -> None:
    """Rotations that keep the covariance of the codes, on the networks of the paper's optimiser."""
    found = stored("adam")
    assert len(found) == 60
    assert p_of(found, "factor_vae", "covariance kept") < LEVEL


@pytest.mark.slow
@pytest.mark.simulation
def test_p_of_networks_trained_anew_is_uniform() -> None:
    metrics = list(dict.fromkeys(name for name, _ in RIGHT))
    found = list(networks("sgd", range(1, 61), metrics))
    for name, null in RIGHT:
        p = p_of(found, name, null)
        print(f"{name}, {null}: χ² p {p:.2g}")
        assert p > LEVEL, (name, null)
