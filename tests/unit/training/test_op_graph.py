"""The recorder that stands for CUDA graphs on a CPU sees what a capture bakes in, and refuses what
a capture refuses.
"""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from helpers.op_graph import OperationGraph
from torch import Tensor, nn

WARM_UP, REPLAYS = 3, 6


def step_of(**options: Any) -> tuple[nn.Module, Callable[[Tensor, Tensor], Tensor]]:
    """A small network and its step by PyTorch's Adam."""
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.Flatten(), nn.Linear(8, 2))
    network = network.to(memory_format=torch.channels_last)
    optimiser = torch.optim.Adam(network.parameters(), lr=1e-2, **options)

    def step(inputs: Tensor, targets: Tensor) -> Tensor:
        optimiser.zero_grad(set_to_none=False)
        loss = (network(inputs) - targets).square().mean()
        loss.backward()
        optimiser.step()
        return loss.detach()

    return network, step


def batch(number: int) -> tuple[Tensor, Tensor]:
    draw = torch.Generator().manual_seed(number)
    return torch.randn(5, 1, 4, 4, generator=draw), torch.randn(5, 2, generator=draw)


def agreeing(syncs: bool, **options: Any) -> list[bool]:
    """For the recorded step and each replay, whether the loss is that of an eager step."""
    network, step = step_of(**options)
    other, eager = step_of(**options)
    inputs, targets = batch(0)
    graph, found = OperationGraph(syncs), []
    for number in range(WARM_UP + 1 + REPLAYS):
        for static, part in zip((inputs, targets), batch(number), strict=True):
            static.copy_(part)
        if number < WARM_UP:
            step(inputs, targets)
        elif number == WARM_UP:
            with graph:
                loss = step(inputs, targets)
        else:
            graph.replay()
        expected = eager(*batch(number))
        if number >= WARM_UP:
            found.append(torch.equal(loss, expected))
    same = zip(network.parameters(), other.parameters(), strict=True)
    assert all(torch.equal(a, b) for a, b in same) is all(found)
    return found


@pytest.mark.slow  # torch.optim imports the compiler
def test_a_fused_adam_is_replayed_bit_for_bit() -> None:
    assert agreeing(syncs=False, fused=True) == [True] * (1 + REPLAYS)


@pytest.mark.slow
@pytest.mark.parametrize("foreach", [False, True])
def test_counts_that_python_keeps_are_baked_in_and_show_at_the_third_step(foreach: bool) -> None:
    """Their first replay begins at right weights, and ends with wrong ones."""
    assert agreeing(syncs=True, foreach=foreach) == [True, True] + [False] * (REPLAYS - 1)


@pytest.mark.parametrize(
    "waits",
    [
        lambda x: x.sum().item(),
        lambda x: bool(x.any()),
        lambda x: float(x[0]),
        torch.nonzero,
        lambda x: x[x > 0],
    ],
)
def test_what_the_host_waits_for_is_refused(waits: Callable[[Tensor], object]) -> None:
    values = torch.ones(3)
    with pytest.raises(RuntimeError, match="when stream is capturing"), OperationGraph():
        waits(values)


def test_a_number_that_python_computes_is_baked_in() -> None:
    values, scale = torch.ones(2), [2.0]
    graph = OperationGraph()
    with graph:
        result = values * scale[0]
    values.fill_(3.0)
    scale[0] = 5.0
    graph.replay()
    assert result.tolist() == [6.0, 6.0]
