"""Encoder and heads: sizes of the published tables, and the stacked heads against ordinary
modules.
"""

import pytest
import torch
from torch import nn

from mtdis.training.networks import (
    Heads,
    conv_channels,
    initialise_encoder,
    initialise_heads,
    make_encoder,
)


def parameters(module: nn.Module) -> int:
    return sum(p.numel() for p in module.parameters())


@pytest.mark.parametrize(("channels", "expected"), [(1, 1_756_424), (3, 1_757_448)])
def test_the_encoder_has_the_released_codes_parameter_count(channels: int, expected: int) -> None:
    assert (
        parameters(make_encoder(channels, 64, 8)) == expected
    )  # reference: disentanglement-pytorch's SimpleConv64


@pytest.mark.parametrize(
    ("count", "outputs", "hidden", "expected"),
    [
        (1, 1, (300,) * 4, 273_901),
        (1, 10, (300,) * 4, 276_610),
        (1, 1, (64, 64), 4_801),
        (10, 1, (300,) * 4, 2_739_010),
    ],
)
def test_heads_have_the_released_codes_parameter_counts(
    count: int, outputs: int, hidden: tuple[int, ...], expected: int
) -> None:
    assert parameters(Heads(count, outputs, 8, hidden, "tanh")) == expected


@pytest.mark.parametrize("size", [2, 4, 8, 16, 32, 64, 128])
def test_the_encoder_halves_any_power_of_two_to_one_pixel(size: int) -> None:
    encoder = make_encoder(1, size, 5)
    convolved = encoder[:-2](torch.zeros(1, 1, size, size))
    assert convolved.shape == (1, conv_channels(size)[-1], 1, 1)
    assert encoder(torch.zeros(3, 1, size, size)).shape == (3, 5)


def test_larger_images_add_convolutions_and_change_none_of_the_others() -> None:
    assert conv_channels(64) == (32, 32, 64, 128, 256, 256)  # Table 2
    assert conv_channels(128) == (*conv_channels(64), 256)
    assert [conv_channels(2**n) for n in range(1, 6)] == [
        conv_channels(64)[:n] for n in range(1, 6)
    ]


@pytest.mark.parametrize("size", [1, 3, 48, 256])
def test_impossible_image_sizes_are_refused(size: int) -> None:
    with pytest.raises(
        ValueError, match=f"images of 2, 4, 8, 16, 32, 64, 128 pixels a side; found {size}"
    ):
        conv_channels(size)


@pytest.mark.parametrize("activation", ["relu", "tanh"])
def test_stacked_heads_equal_separate_ones(activation: str) -> None:
    heads = Heads(3, 1, 4, (6, 5), activation).double()
    initialise_heads(heads, "pytorch", 7)
    codes = torch.linspace(-2, 2, 20, dtype=torch.float64).reshape(5, 4)
    for head in range(3):
        layers: list[nn.Module] = []
        for weight, bias in zip(heads.weights, heads.biases, strict=True):
            linear = nn.Linear(*weight.shape[1:], dtype=torch.float64)
            linear.weight.data, linear.bias.data = weight[head].T, bias[head, 0]
            layers += [linear, nn.ReLU() if activation == "relu" else nn.Tanh()]
        expected = nn.Sequential(*layers[:-1])(codes)[:, 0]
        torch.testing.assert_close(heads(codes)[:, head], expected)
        torch.testing.assert_close(heads.one(codes, head), expected)


def test_a_head_starts_the_same_whatever_their_number() -> None:
    few, many = Heads(2, 1, 4, (6,), "relu"), Heads(5, 1, 4, (6,), "relu")
    initialise_heads(few, "pytorch", 3)
    initialise_heads(many, "pytorch", 3)
    for a, b in zip(few.parameters(), many.parameters(), strict=True):
        assert torch.equal(a, b[:2])
    assert not torch.equal(many.weights[0][0], many.weights[0][1])


def test_pytorch_initialisation_has_pytorchs_own_distribution() -> None:
    ours, theirs = make_encoder(3, 64, 8), make_encoder(3, 64, 8)
    initialise_encoder(ours, "pytorch", 1)
    for layer in theirs:
        if isinstance(layer, (nn.Conv2d, nn.Linear)):
            layer.reset_parameters()
    for a, b in zip(ours.state_dict().values(), theirs.state_dict().values(), strict=True):
        if a.numel() > 1000:
            assert float(a.std()) == pytest.approx(float(b.std()), rel=0.1)
            assert float(a.abs().max()) == pytest.approx(float(b.abs().max()), rel=0.02)


def test_released_initialisation_is_xavier_for_convolutions_and_kaiming_for_linear_layers() -> None:
    encoder = make_encoder(3, 64, 8)
    initialise_encoder(encoder, "released", 1)
    for layer in encoder:
        if isinstance(layer, nn.Conv2d) and layer.weight.numel() > 5000:
            fan_in, fan_out = 16 * layer.in_channels, 16 * layer.out_channels
            assert float(layer.weight.detach().std()) == pytest.approx(
                (2 / (fan_in + fan_out)) ** 0.5, rel=0.05
            )
        if isinstance(layer, nn.Linear):
            assert float(layer.weight.detach().std()) == pytest.approx(
                (2 / layer.in_features) ** 0.5, rel=0.05
            )


def test_untrained_codes_are_too_narrow_for_the_factor_vae_threshold() -> None:
    # reference: measured spread of untrained codes is below 1e-3 with PyTorch's initialisation, far
    # under 0.05.
    encoder = make_encoder(1, 64, 8)
    initialise_encoder(encoder, "pytorch", 1)
    noise = torch.rand(64, 1, 64, 64, generator=torch.Generator().manual_seed(0))
    assert float(encoder((noise > 0.95).float()).detach().std(0).max()) < 0.05


def test_building_networks_leaves_the_global_generator_alone() -> None:
    before = torch.random.get_rng_state()
    encoder, heads = make_encoder(1, 8, 4), Heads(2, 1, 4, (6,), "relu")
    initialise_encoder(encoder, "pytorch", 1)
    initialise_encoder(encoder, "released", 1)
    initialise_heads(heads, "pytorch", 1)
    assert torch.equal(before, torch.random.get_rng_state())
