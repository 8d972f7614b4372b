"""Pictures that a trained decoder makes of codes, and their errors.

Shapes: n codes (n, D), outputs and images (B, C, S, S), pictures (n, S, S, C) uint8 with white at
255.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits, mse_loss

from mtdis.training.autoencoding import reconstruction_error
from mtdis.training.batches import CodedImages

DECODE_BATCH = 256
"""Codes decoded at once: fixed, so that the bits do not depend on memory. Its widest layer is 252
MB at 64 pixels.
"""
LEAST = 1e-6
"""Probabilities that are no sigmoid's are kept so far from 0 and 1, as disentanglement_lib does."""


class Reading(NamedTuple):
    """The meaning of a decoder's outputs, which its loss decides."""

    loss: Callable[[Tensor, Tensor], Tensor]
    """The loss of outputs and images, a mean over images, that trains the decoder."""
    images: Callable[[Tensor], Tensor]
    """Images from outputs."""
    cross_entropy: Callable[[Tensor, Tensor], Tensor]
    """The sum in nats over outputs and images: outputs as probabilities that a pixel is
    white.
    """


def _clamped_cross_entropy(outputs: Tensor, images: Tensor) -> Tensor:
    # Not torch's binary_cross_entropy: it stops at outputs that are no numbers, which those of a
    # diverged decoder are.
    white = outputs.clamp(LEAST, 1 - LEAST)
    return ((images - 1) * torch.log1p(-white) - images * torch.log(white)).sum()


READINGS: Mapping[str, Reading] = {
    "mse": Reading(mse_loss, lambda outputs: outputs, _clamped_cross_entropy),
    "bce": Reading(
        reconstruction_error,
        torch.sigmoid,
        partial(binary_cross_entropy_with_logits, reduction="sum"),
    ),
}
"""By the loss of the stage. Squared error through a sigmoid is none of them: on dSprites at 32
pixels and the paper's learning rate all images were black after 200 steps, where a sigmoid has no
slope.
"""


@torch.no_grad()
def decode(
    decoder: nn.Module, reading: Reading, codes: NDArray[np.float32], device: torch.device
) -> NDArray[np.uint8]:
    """Pictures (n, S, S, C) of codes (n, D)."""
    chunks = torch.split(torch.from_numpy(codes), DECODE_BATCH)
    return np.concatenate([pictures(reading.images(decoder(chunk.to(device)))) for chunk in chunks])


def pictures(images: Tensor) -> NDArray[np.uint8]:
    """Images (B, C, S, S) as they are shown: cut off at 0 and 1, and 0 where one has no number."""
    scaled = images.nan_to_num(0, 1, 0).clamp(0, 1).mul(255).round().to(torch.uint8)
    found: NDArray[np.uint8] = scaled.permute(0, 2, 3, 1).cpu().numpy()
    return found


@torch.no_grad()
def reconstruction_errors(
    decoder: nn.Module, reading: Reading, data: CodedImages, rows: NDArray[np.int64]
) -> Mapping[str, float]:
    """Errors of the decoded images of the rows (n,), in both readings of the paper's Table 4.

    `mse` is the mean squared error over pixels and channels, `bce_sum` the cross-entropy in nats
    summed over them; both are means over images. The cross-entropy of an image with greys is above
    0 even if it is restored exactly.
    """
    sums, pixels = torch.zeros(2, dtype=torch.float64), 0
    for raw in data.raw_batches(torch.from_numpy(rows), DECODE_BATCH):
        codes, images = data.prepare(raw)
        outputs = decoder(codes)
        squared = mse_loss(reading.images(outputs), images, reduction="sum")
        sums += torch.stack([squared, reading.cross_entropy(outputs, images)]).double().cpu()
        pixels += images.numel()
    return {"mse": float(sums[0]) / pixels, "bce_sum": float(sums[1]) / len(rows)}
