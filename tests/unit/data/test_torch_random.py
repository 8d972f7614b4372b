"""The replayed stream against torch itself."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mtdis.data.torch_random import TorchStream

SEEDS = [0, 1, 658, 2**31, 2**32 - 1]
ROUNDING = 3e-6
"""Of normals: torch takes angles up to 2π in float32 and multiplies their cosine by a radius of up
to 6.
"""
FULL_NORMAL_SIZES = [16, 17, 31, 32, 300, 1800, 90_000]


@pytest.fixture(autouse=True)
def _keep_torch_state():
    with torch.random.fork_rng(devices=[]):
        yield


def from_torch(seed, *calls):
    torch.manual_seed(seed)
    return [getattr(torch.empty(size), name)(*arguments).numpy() for name, size, arguments in calls]


@pytest.mark.parametrize("seed", SEEDS)
def test_words_are_those_of_torch(seed):
    torch.manual_seed(seed)
    pairs = torch.empty(1000, dtype=torch.int64).random_(-(2**63), None).numpy().view(np.uint64)
    words = TorchStream(seed).words(2000).astype(np.uint64).reshape(-1, 2)
    assert np.array_equal(words[:, 0] << np.uint64(32) | words[:, 1], pairs)


@pytest.mark.parametrize("seed", SEEDS)
def test_fractions_equal_torch_exactly(seed):
    (expected,) = from_torch(seed, ("uniform_", 2000, ()))
    assert np.array_equal(TorchStream(seed).uniform(2000), expected)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(
    ("size", "low", "high"),
    [(1, 0.0, 1.0), (7, -1.0, 1.0), (300, -(6**-0.5), 6**-0.5), (90_000, -(300**-0.5), 300**-0.5)],
)
def test_uniform_equals_torch_exactly(seed, size, low, high):
    (expected,) = from_torch(seed, ("uniform_", size, (low, high)))
    found = TorchStream(seed).uniform(size, low, high)
    assert found.dtype == np.float32
    # Without fused multiply-add (no processor of the last ten years) torch rounds twice.
    fused = torch.backends.cpu.get_cpu_capability() != "DEFAULT"
    np.testing.assert_allclose(found, expected, rtol=0, atol=0 if fused else 1e-7)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("size", [*range(1, 16), *FULL_NORMAL_SIZES])
def test_normal_equals_torch_to_float32_rounding(seed, size):
    (expected,) = from_torch(seed, ("normal_", size, (0.0, 1.0)))
    found = TorchStream(seed).normal(size)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, rtol=0, atol=ROUNDING)


@pytest.mark.parametrize("std", [0.1, 2.5])
def test_standard_deviation_scales_the_draws(std):
    for size in (5, 1001):
        (expected,) = from_torch(3, ("normal_", size, (0.0, std)))
        np.testing.assert_allclose(
            TorchStream(3).normal(size, std), expected, rtol=0, atol=ROUNDING * max(std, 1)
        )


@settings(deadline=None, max_examples=50)
@given(
    seed=st.integers(0, 2**32 - 1),
    calls=st.lists(
        st.tuples(st.sampled_from(["uniform_", "normal_"]), st.integers(1, 60)), max_size=8
    ),
)
def test_any_series_of_calls_stays_in_step(seed, calls):
    # Odd short normals leave half a pair behind, which the next short normal takes even after other
    # calls.
    expected = from_torch(
        seed, *[(name, size, (-1.0, 1.0) if name == "uniform_" else ()) for name, size in calls]
    )
    stream = TorchStream(seed)
    for (name, size), values in zip(calls, expected, strict=True):
        found = stream.uniform(size, -1.0, 1.0) if name == "uniform_" else stream.normal(size)
        np.testing.assert_allclose(found, values, rtol=0, atol=ROUNDING)


def test_default_linear_bias_and_later_weights_are_replayed():
    torch.manual_seed(658)
    layer = torch.nn.Linear(300, 17)
    torch.nn.init.normal_(layer.weight)
    stream = TorchStream(658)
    stream.words(300 * 17)
    bias, weight = (
        stream.uniform(17, -(300**-0.5), 300**-0.5),
        stream.normal(300 * 17).reshape(17, 300),
    )
    np.testing.assert_allclose(bias, layer.bias.detach().numpy(), rtol=0, atol=1e-7)
    np.testing.assert_allclose(weight, layer.weight.detach().numpy(), rtol=0, atol=ROUNDING)


@pytest.mark.parametrize("seed", [-1, 2**32])
def test_seeds_outside_32_bits_are_refused(seed):
    with pytest.raises(ValueError, match="Seed must be between"):
        TorchStream(seed)


def test_global_random_state_is_left_alone():
    before = np.random.get_state()[1].copy()
    TorchStream(5).normal(100)
    assert np.array_equal(before, np.random.get_state()[1])
