"""The untrained encoder (paper, section 4.1)."""

import numpy as np
import torch
from numpy.typing import NDArray

from mtdis.specs.models.random import Random
from mtdis.training.batches import Images, encode
from mtdis.training.networks import TaskNetwork, initialise_encoder, make_encoder


def build(run: Random, network: str, image_shape: tuple[int, int, int]) -> TaskNetwork:
    """An encoder at its initial values, without heads."""
    size, _, channels = image_shape
    encoder = make_encoder(
        channels, size, run.latent_size, run.encoder_activation, run.latent_activation
    )
    initialise_encoder(encoder, run.initialisation, run.seed)
    return TaskNetwork(encoder, None)


@torch.no_grad()
def fit(run: Random, model: TaskNetwork, images: Images, rows: NDArray[np.int64]) -> None:
    """Scale and shift the last layer so that the codes of these rows (n,) of the training split are
    standardised, if the run wants them so; a code that does not vary becomes 0.
    """
    if run.scaling == "raw":
        return
    codes = encode(model, images)[rows].astype(np.float64)
    mean, spread = (torch.from_numpy(part) for part in (codes.mean(axis=0), codes.std(axis=0)))
    varies = spread > 1e-6 * mean.abs()  # less is rounding of float32
    last = list(model.encoder.children())[-1]
    weight, bias = last.get_parameter("weight"), last.get_parameter("bias")
    scale = torch.where(varies, 1 / spread, 0.0).to(weight.device)
    weight.copy_(weight.double() * scale[:, None])
    bias.copy_((bias.double() - mean.to(bias.device)) * scale)
