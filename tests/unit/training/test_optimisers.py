"""The optimisers step as those of `torch.optim` do, bit for bit, and need no compiler."""

import subprocess
import sys
from collections.abc import Callable

import pytest
import torch
from torch import nn

from mtdis.training.optimisers import Adam, GradientDescent, Optimiser

RATES = (0.1, 0.1, 0.02, 0.02, 0.003)
"""Of steps one after another."""
Pair = tuple[
    Callable[[list[nn.Parameter]], Optimiser],
    Callable[[list[nn.Parameter]], torch.optim.Optimizer],
]
PAIRS: dict[str, Pair] = {
    "adam": (Adam, lambda p: torch.optim.Adam(p, fused=True)),
    "sgd": (GradientDescent, lambda p: torch.optim.SGD(p, fused=True)),
    "momentum": (
        lambda p: GradientDescent(p, momentum=0.9),
        lambda p: torch.optim.SGD(p, momentum=0.9, fused=True),
    ),
}


def weights() -> list[nn.Parameter]:
    """A matrix, a convolution in channels-last order, and one that never gets a gradient."""
    generator = torch.Generator().manual_seed(5)
    filters = torch.randn(4, 3, 4, 4, generator=generator)
    return [
        nn.Parameter(torch.randn(7, 5, generator=generator)),
        nn.Parameter(filters.to(memory_format=torch.channels_last)),
        nn.Parameter(torch.ones(3)),
    ]


def loss(parameters: list[nn.Parameter]) -> torch.Tensor:
    """Curved, and with weights of very different size."""
    first, second, _ = parameters
    return first.sin().square().sum() + 0.1 * (2 * second).sin().square().sum()


@pytest.mark.parametrize("name", PAIRS)
def test_weights_and_moments_are_those_of_torch_optim(name: str) -> None:
    make, make_torchs = PAIRS[name]
    mine, theirs = weights(), weights()
    optimiser, reference = make(mine), make_torchs(theirs)
    for rate in RATES:
        optimiser.set_rate(rate)
        reference.param_groups[0]["lr"] = rate
        for one, parameters in ((optimiser, mine), (reference, theirs)):
            one.zero_grad()
            torch.autograd.backward(loss(parameters))
            one.step()
    for own, other in zip(mine, theirs, strict=True):
        assert torch.equal(own, other)
        held, expected = optimiser.state.get(own, {}), reference.state.get(other, {})
        filled = {key: value for key, value in expected.items() if value is not None}
        assert held.keys() == filled.keys()
        assert all(torch.equal(held[key], value) for key, value in filled.items())
    assert not torch.equal(mine[0], weights()[0])
    assert torch.equal(mine[2], weights()[2])


def test_the_rate_of_a_graph_is_changed_in_place() -> None:
    rate = torch.zeros(())
    optimiser = Adam(weights(), rate)
    optimiser.set_rate(0.25)
    assert optimiser.rate is rate
    assert float(rate) == 0.25


@pytest.mark.slow
def test_a_training_imports_no_compiler() -> None:
    """Networks built and stepped: what `torch.optim` and `to_empty` would import costs seconds."""
    code = """if True:
        import sys, torch
        from mtdis.training.networks import make_encoder, initialise_encoder
        from mtdis.training.optimisers import Adam
        encoder = make_encoder(3, 16, 8)
        initialise_encoder(encoder, "pytorch", 1)
        optimiser = Adam(encoder.parameters(), 0.1)
        encoder(torch.ones(2, 3, 16, 16)).sum().backward()
        optimiser.step()
        print(*({"sympy", "torch._dynamo", "torch._inductor"} & set(sys.modules)))
    """
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []
