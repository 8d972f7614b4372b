"""Encoder, decoder and heads (paper, Tables 2 and 3).

Shapes: B images of a batch, C channels, S image height and width, D latent size, T tasks. Images
are (B, C, S, S) floats in 0..1, codes (B, D), predictions (B, T).
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from functools import partial
from itertools import pairwise
from math import sqrt

import torch
from torch import Tensor, nn

from mtdis.randomness import stream_seed
from mtdis.training.edge_conv import LARGEST_SIDE, EdgeConv

CONV_CHANNELS = (32, 32, 64, 128, 256, 256)
"""Outputs of Table 2's convolutions: kernel 4, stride 2, padding 1, so each halves the image."""
DECODER_CHANNELS = (128, 128, 64, 64)
"""Outputs of the decoder's layers that double images, in the released code's order."""
DEEPEST = 7
"""Halvings of the largest images, 128 pixels a side; where the lists above end, their last value is
repeated.
"""
ACTIVATIONS = {"relu": torch.relu, "tanh": torch.tanh}
LAYERS: dict[str, Callable[[], nn.Module]] = {
    "relu": partial(nn.ReLU, inplace=True),
    "tanh": nn.Tanh,
}
"""The same as layers, of encoders and decoders."""


def conv_channels(image_size: int) -> tuple[int, ...]:
    """Outputs of the convolutions that halve an image to one pixel: the first log2(S) of Table 2.

    Raises ValueError if no number of halvings gives one pixel, or if it needs more than `DEEPEST`.
    """
    depth = image_size.bit_length() - 1
    if image_size != 2**depth or not 1 <= depth <= DEEPEST:
        sizes = ", ".join(str(2**n) for n in range(1, DEEPEST + 1))
        raise ValueError(f"the encoder takes images of {sizes} pixels a side; found {image_size}")
    return _first(depth, CONV_CHANNELS)


def _with_memory(layers: nn.Sequential) -> nn.Sequential:
    """The layers of the device "meta" with memory that holds no values yet; `to_empty` would do
    the same and import sympy for it.
    """
    for layer in layers:
        for name, parameter in list(layer.named_parameters(recurse=False)):
            setattr(layer, name, nn.Parameter(torch.empty(parameter.shape)))
    return layers


def _first(count: int, channels: tuple[int, ...]) -> tuple[int, ...]:
    """So many of the channels, the last one repeated beyond their end."""
    return channels[:count] + channels[-1:] * (count - len(channels))


def make_encoder(
    channels: int,
    image_size: int,
    latent_size: int,
    activation: str = "relu",
    latent_activation: str = "none",
) -> nn.Sequential:
    """Images (B, C, S, S) to codes (B, D); without values until `initialise_encoder` fills it."""
    outputs = conv_channels(image_size)
    layers: list[nn.Module] = []
    with torch.device("meta"):  # layers that have memory fill it from PyTorch's global generator
        for depth, (i, o) in enumerate(pairwise((channels, *outputs))):
            convolution = EdgeConv if image_size >> depth <= LARGEST_SIDE else nn.Conv2d
            layers += [convolution(i, o, 4, stride=2, padding=1), LAYERS[activation]()]
        layers += [nn.Flatten(), nn.Linear(outputs[-1], latent_size)]
        layers += [] if latent_activation == "none" else [LAYERS[latent_activation]()]
    return _with_memory(nn.Sequential(*layers))


def make_decoder(
    channels: int, image_size: int, latent_size: int, activation: str = "relu"
) -> nn.Sequential:
    """Codes (B, D) to logits of images (B, C, S, S), a mirror of Table 2.

    It has no values until `initialise` fills it. Its layers lead from one pixel to 2, then from n
    to 2n + 2 (without padding) up to S - 2, and the last one, of kernel 3, to S. Raises ValueError
    for sizes other than 8, 16, 32, 64 and 128.
    """
    doublings = image_size.bit_length() - 3
    if image_size not in (8, 16, 32, 64, 128):
        raise ValueError(
            f"the decoder makes images of 8, 16, 32, 64 or 128 pixels a side; found {image_size}"
        )
    doubled = _first(doublings, DECODER_CHANNELS)
    with torch.device("meta"):
        layers: list[nn.Module] = [
            nn.Unflatten(1, (latent_size, 1, 1)),
            nn.Conv2d(latent_size, 256, 1, stride=2),
        ]
        between = LAYERS[activation]
        layers += [between(), nn.ConvTranspose2d(256, 256, 4, stride=2, padding=1)]
        for i, o in pairwise((256, *doubled)):
            layers += [between(), nn.ConvTranspose2d(i, o, 4, stride=2)]
        layers += [between(), nn.ConvTranspose2d(doubled[-1], channels, 3)]
    return _with_memory(nn.Sequential(*layers))


class Heads(nn.Module):
    """Separate fully connected heads, stacked so that they run as one batch of products.

    T heads with one output each, or one head with T outputs: predictions are (B, T) either way.
    """

    def __init__(
        self, count: int, outputs: int, latent_size: int, hidden: tuple[int, ...], activation: str
    ) -> None:
        super().__init__()
        sizes = list(pairwise((latent_size, *hidden, outputs)))
        self.weights = nn.ParameterList(nn.Parameter(torch.empty(count, i, o)) for i, o in sizes)
        self.biases = nn.ParameterList(nn.Parameter(torch.empty(count, 1, o)) for _, o in sizes)
        self.activation = ACTIVATIONS[activation]

    def forward(self, codes: Tensor) -> Tensor:
        """Codes (B, D) to predictions (B, T)."""
        x = self.each(codes.expand(self.weights[0].shape[0], *codes.shape))
        return x.transpose(0, 1).flatten(1)

    def each(self, codes: Tensor) -> Tensor:
        """Codes (heads, B, D) to the outputs (heads, B, outputs) of each head for its own codes."""
        x, last = codes, len(self.weights) - 1
        for layer, (weight, bias) in enumerate(zip(self.weights, self.biases, strict=True)):
            x = torch.baddbmm(bias, x, weight)
            x = x if layer == last else self.activation(x)
        return x

    def one(self, codes: Tensor, head: int) -> Tensor:
        """Codes (B, D) to the predictions (B,) of one head with one output, without running the
        others.
        """
        x, last = codes, len(self.weights) - 1
        for layer, (weight, bias) in enumerate(zip(self.weights, self.biases, strict=True)):
            x = torch.addmm(bias[head], x, weight[head])
            x = x if layer == last else self.activation(x)
        return x[:, 0]


class Network(nn.Module, ABC):
    """A module of a run that encodes images."""

    @abstractmethod
    def codes(self, images: Tensor) -> Tensor:
        """Images (B, C, S, S) to codes (B, D)."""


class TaskNetwork(Network):
    """An encoder and the heads that predict T tasks from its codes.

    No heads where a kind learns no tasks.
    """

    task_weights: Tensor
    """Factors (T,) of the tasks' errors in the loss, found from the training split: no weights."""

    def __init__(self, encoder: nn.Module, heads: Heads | None) -> None:
        super().__init__()
        self.encoder = encoder
        self.heads = heads
        count = heads.weights[-1][:, 0].numel() if heads else 0
        self.register_buffer("task_weights", torch.ones(count), persistent=False)

    def codes(self, images: Tensor) -> Tensor:
        """Images (B, C, S, S) to codes (B, D)."""
        codes: Tensor = self.encoder(images)
        return codes

    def predict(self, images: Tensor) -> Tensor:
        """Images (B, C, S, S) to predictions (B, T)."""
        return self.predict_from(self.codes(images))

    def predict_from(self, codes: Tensor) -> Tensor:
        """Codes (B, D) to predictions (B, T)."""
        assert self.heads is not None
        predictions: Tensor = self.heads(codes)
        return predictions


class Autoencoder(Network):
    """An encoder of D codes and a decoder that gives logits of images from them."""

    def __init__(self, encoder: nn.Module, decoder: nn.Module) -> None:
        super().__init__()
        self.encoder = encoder
        self.decoder = decoder

    def codes(self, images: Tensor) -> Tensor:
        """Images (B, C, S, S) to codes (B, D)."""
        codes: Tensor = self.encoder(images)
        return codes


class VariationalAutoencoder(Autoencoder):
    """An autoencoder whose encoder gives mean and log-variance of each code.

    The means are the codes.
    """

    def codes(self, images: Tensor) -> Tensor:
        """Images (B, C, S, S) to the means (B, D)."""
        return self.posterior(images)[0]

    def posterior(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """Images (B, C, S, S) to means and log-variances, both (B, D), in the images' precision."""
        # Under autocast the encoder gives bf16, too coarse for the exponential of a variance.
        mean, log_variance = self.encoder(images).to(images.dtype).chunk(2, dim=1)
        return mean, log_variance


def initialise_encoder(encoder: nn.Module, scheme: str, seed: int) -> None:
    """Fill an encoder in place: 'pytorch' (U(±1/√fan_in) throughout), 'released' (Xavier convs,
    Kaiming linear) or 'gaussian' (normal throughout, as wide as 'pytorch').
    """
    initialise(encoder, scheme, seed, "encoder")


def initialise(module: nn.Module, scheme: str, seed: int, stream: str) -> None:
    """Fill convolutions and linear layers in place by a scheme, from the named stream of the
    seed.
    """
    generator = torch.Generator().manual_seed(stream_seed(seed, "initialisation", stream))
    for layer in module.modules():
        if not isinstance(layer, (nn.Conv2d, nn.ConvTranspose2d, nn.Linear)):
            continue
        assert layer.bias is not None
        bound = 1 / sqrt(layer.weight[0].numel())
        if scheme != "released":
            _fill(layer.weight, bound, scheme, generator)
        elif isinstance(layer, nn.Linear):
            nn.init.kaiming_normal_(layer.weight, generator=generator)
        else:
            nn.init.xavier_normal_(layer.weight, generator=generator)
        _fill(layer.bias, bound, scheme, generator)


def _fill(weight: Tensor, bound: float, scheme: str, generator: torch.Generator) -> None:
    """Fill in place by U(±bound), or for 'gaussian' by the normal distribution of the same
    variance.
    """
    if scheme == "gaussian":
        nn.init.normal_(weight, std=bound / sqrt(3), generator=generator)
    else:
        nn.init.uniform_(weight, -bound, bound, generator=generator)


def initialise_heads(heads: Heads, scheme: str, seed: int) -> None:
    """Fill heads in place, each from its own stream: head t is the same whatever T is.

    'pytorch' and 'released' are PyTorch's default, 'gaussian' is normal and as wide.
    """
    for head in range(heads.weights[0].shape[0]):
        generator = torch.Generator().manual_seed(stream_seed(seed, "initialisation", "head", head))
        for weight, bias in zip(heads.weights, heads.biases, strict=True):
            bound = 1 / sqrt(weight.shape[1])
            with torch.no_grad():
                _fill(weight[head], bound, scheme, generator)
                _fill(bias[head], bound, scheme, generator)
