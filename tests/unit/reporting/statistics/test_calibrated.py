"""Several networks against rotations of their codes: their mean deviation, and when it is exact."""

import numpy as np
import pytest

from mtdis.randomness import generator
from mtdis.reporting.statistics.calibrated import mean_deviations, within_networks
from mtdis.reporting.statistics.resampling import p_values


def test_deviations_are_over_all_rotations_the_code_itself_among_them() -> None:
    scores = np.array([[3.0, 1.0, 1.0, 1.0], [2.0, 2.0, 2.0, 2.0]])
    found = within_networks(scores)
    # mean 1.5, sd (ddof 0) √(.75)
    assert found[0] == pytest.approx(np.array([1.5, -0.5, -0.5, -0.5]) / np.sqrt(0.75))
    assert (found[1] == 0).all()


def test_networks_of_a_seed_are_averaged_first() -> None:
    scores = np.array([[3.0, 1.0, 2.0], [1.0, 3.0, 2.0], [3.0, 1.0, 2.0]])
    found = mean_deviations(scores, np.array([1, 1, 2]))
    expected = within_networks(scores)[2] / 2
    assert found == pytest.approx(expected)


def test_aligned_networks_reach_the_least_p() -> None:
    scores = generator(0, "tests").normal(size=(3, 20))
    scores[:, 0] += 9
    assert p_values(mean_deviations(scores, np.arange(3))[:, None]) == 1 / 20


@pytest.mark.parametrize("networks", [1, 3])
def test_p_is_uniform_where_the_code_is_one_of_its_rotations(networks: int) -> None:
    rng = generator(networks, "tests")
    p = [
        p_values(mean_deviations(rng.gamma(0.5, size=(networks, 20)), np.arange(networks))[:, None])
        for _ in range(2_000)
    ]
    counts = np.bincount(np.round(20 * np.ravel(p)).astype(int), minlength=21)[1:]
    # χ² of 19 degrees of freedom: 43.8 is exceeded once in 1,000
    assert ((counts - 100) ** 2 / 100).sum() < 43.8
