"""Convolutions that skip the padding against PyTorch's own."""

import pytest
import torch
from torch import nn

from mtdis.training.edge_conv import EdgeConv
from mtdis.training.networks import make_encoder


@pytest.mark.parametrize("side", [2, 4, 8])
def test_outputs_and_gradients_are_those_of_conv2d(side: int) -> None:
    generator = torch.Generator().manual_seed(side)
    plain = nn.Conv2d(3, 5, 4, stride=2, padding=1, dtype=torch.float64)
    ours = EdgeConv(3, 5, 4, stride=2, padding=1, dtype=torch.float64)
    ours.load_state_dict(plain.state_dict())
    images = torch.randn(
        7, 3, side, side, generator=generator, dtype=torch.float64, requires_grad=True
    )
    weights = torch.randn(7, 5, side // 2, side // 2, generator=generator, dtype=torch.float64)
    found = []
    for layer in (plain, ours):
        images.grad = None
        outputs = layer(images)
        (outputs * weights).sum().backward()
        found.append([outputs.detach(), images.grad.clone(), layer.weight.grad, layer.bias.grad])
    for theirs, own in zip(*found, strict=True):
        torch.testing.assert_close(own, theirs, rtol=1e-12, atol=1e-12)


def test_taps_that_only_meet_padding_have_no_gradient() -> None:
    layer = EdgeConv(1, 1, 4, stride=2, padding=1)
    layer(torch.ones(1, 1, 2, 2)).sum().backward()
    assert layer.weight.grad.count_nonzero() == 4
    assert layer.weight.grad[0, 0, 1:3, 1:3].count_nonzero() == 4


@pytest.mark.parametrize(("size", "edges"), [(64, 2), (32, 2), (8, 2), (2, 1)])
def test_the_last_two_convolutions_of_an_encoder_skip_the_padding(size: int, edges: int) -> None:
    convolutions = [m for m in make_encoder(1, size, 8) if isinstance(m, nn.Conv2d)]
    assert [isinstance(m, EdgeConv) for m in convolutions][-edges:] == [True] * edges
    assert sum(isinstance(m, EdgeConv) for m in convolutions) == edges
