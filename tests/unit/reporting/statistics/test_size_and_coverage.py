"""By simulation with stored seeds: how often tests reject what is true, and intervals hold it.

At 3, 5 and 10 pairs, for differences of two arms of one distribution that is light-tailed, heavy-
tailed or skewed. Bounds are the exact values and 4 standard errors of the simulation.
"""

from collections.abc import Callable

import numpy as np
import pytest

from mtdis.randomness import generator
from mtdis.reporting.statistics.blocks import block_permutations, page_table
from mtdis.reporting.statistics.intervals import bca, inverted_sign_flip
from mtdis.reporting.statistics.resampling import p_values, sign_flip_table, sign_flips, step_down

RUNS, LEVEL = 2_000, 0.05
ARMS: dict[str, Callable[..., np.ndarray]] = {
    "normal": lambda rng, shape: rng.normal(size=shape),
    "heavy": lambda rng, shape: rng.standard_t(2, size=shape),
    "skewed": lambda rng, shape: rng.gamma(0.5, size=shape),
}
LEVELS = {3: 0.75, 5: 0.9375, 10: 1 - 50 / 1024}
pytestmark = pytest.mark.slow


def _differences(arm: str, pairs: int) -> np.ndarray:
    """(pairs, runs) differences of two exchangeable arms."""
    rng = generator(pairs, "size", arm)
    return ARMS[arm](rng, (pairs, RUNS)) - ARMS[arm](rng, (pairs, RUNS))


def _near(share: float, expected: float) -> bool:
    return abs(share - expected) <= 4 * np.sqrt(expected * (1 - expected) / RUNS) + 1e-12


@pytest.mark.parametrize("arm", ARMS)
@pytest.mark.parametrize("pairs", LEVELS)
def test_the_sign_flip_test_has_its_size(pairs: int, arm: str) -> None:
    flips = sign_flips(pairs, generator(0, "size"))
    p = p_values(sign_flip_table(_differences(arm, pairs), flips))
    reachable = np.floor(LEVEL * 2**pairs) / 2**pairs  # 0, 1/32, 51/1024
    assert _near(float((p <= LEVEL).mean()), reachable)


@pytest.mark.parametrize("arm", ARMS)
@pytest.mark.parametrize("pairs", LEVELS)
def test_intervals_hold_the_shift_as_often_as_they_say(pairs: int, arm: str) -> None:
    rng = generator(0, "coverage")
    found = [inverted_sign_flip(d, rng) for d in _differences(arm, pairs).T]
    assert {one.level for one in found} == {LEVELS[pairs]}
    assert _near(float(np.mean([one.low <= 0 <= one.high for one in found])), LEVELS[pairs])


@pytest.mark.parametrize("pairs", [5, 10])
def test_a_family_rejects_a_true_null_rarely(pairs: int) -> None:
    """18 cells, of which three and three go together as the scores of one dataset do, half of them
    truly different: no more than LEVEL of the runs reject any of the others.
    """
    rng, flips = generator(pairs, "family"), sign_flips(pairs, generator(0, "size"))
    wrong = 0
    for _ in range(RUNS):
        noise = np.repeat(rng.normal(size=(pairs, 6)), 3, axis=1) + rng.normal(size=(pairs, 18))
        shift = np.where(np.arange(18) % 2, 2.0, 0.0)
        wrong += bool((step_down(sign_flip_table(noise + shift, flips))[::2] <= LEVEL).any())
    assert wrong / RUNS <= LEVEL + 4 * np.sqrt(LEVEL * (1 - LEVEL) / RUNS)


@pytest.mark.parametrize("blocks", [3, 5, 10])
def test_the_trend_test_has_its_size(blocks: int) -> None:
    rng = generator(blocks, "trend")
    values = rng.gamma(0.5, size=(blocks, 4, RUNS))
    p = p_values(page_table(values, block_permutations(blocks, 4, rng)[:2_000]))
    share = float((p <= LEVEL).mean())
    assert 0.02 < share <= LEVEL + 4 * np.sqrt(LEVEL * (1 - LEVEL) / RUNS)


@pytest.mark.parametrize(("arm", "low", "high"), [("normal", 0.86, 0.95), ("skewed", 0.78, 0.9)])
def test_bca_of_ten_pairs_is_short(arm: str, low: float, high: float) -> None:
    """It is given beside the exact interval and not in its place."""
    rng = generator(0, "bca")
    found = [bca(d, rng) for d in _differences(arm, 10).T[:400]]
    assert low < np.mean([one.low <= 0 <= one.high for one in found]) < high
