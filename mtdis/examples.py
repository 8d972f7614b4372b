"""What a training draws its batches from: arrays on a device, and the examples of given rows.

Shapes: N rows, B rows of a batch, images (N, S, S, C) uint8 as stored and (B, C, S, S) in 0..1 as networks take them.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mtdis.networks import Heads, Network

ENCODE_BATCH = 4096
"""Images encoded at once: fixed, so that the bits of the codes do not depend on memory."""


class Examples(Protocol):
    """Rows of inputs and of what is to be predicted from them."""

    @property
    def device(self) -> torch.device:
        """Where the batches are."""

    def examples(self, rows: Tensor) -> tuple[Tensor, Tensor]:
        """Inputs and targets of these rows."""


@dataclass(frozen=True)
class Images:
    """A dataset on a device: pixels (N, S, S, C) uint8, the value of white, and targets (N, T) float32 or None."""

    pixels: Tensor
    white: int
    targets: Tensor | None

    @property
    def device(self) -> torch.device:
        """Where the pixels are."""
        return self.pixels.device

    def batch(self, rows: Tensor) -> Tensor:
        """Images (B, C, S, S) of these rows in 0..1; cast before permuting, which leaves them channels-last."""
        return self.pixels[rows].to(torch.float32).div_(self.white).permute(0, 3, 1, 2)

    def examples(self, rows: Tensor) -> tuple[Tensor, Tensor]:
        """Images and their task targets (B, T); without targets the images themselves, to be reconstructed."""
        images = self.batch(rows)
        return images, images if self.targets is None else self.targets[rows]


@dataclass(frozen=True)
class CodedImages:
    """Codes (N, D) of images, to reconstruct the images from."""

    codes: Tensor
    images: Images

    @property
    def device(self) -> torch.device:
        """Where the codes are."""
        return self.codes.device

    def examples(self, rows: Tensor) -> tuple[Tensor, Tensor]:
        """Codes (B, D) and images (B, C, S, S)."""
        return self.codes[rows], self.images.batch(rows)


@dataclass(frozen=True)
class CodedTasks:
    """Codes (N, D) of images, to predict task targets (N, T) from."""

    codes: Tensor
    targets: Tensor

    @property
    def device(self) -> torch.device:
        """Where the codes are."""
        return self.codes.device

    def examples(self, rows: Tensor) -> tuple[Tensor, Tensor]:
        """Codes (B, D) and targets (B, T)."""
        return self.codes[rows], self.targets[rows]


@torch.no_grad()
def encode(model: Network, images: Images) -> NDArray[np.float32]:
    """Codes (N, D) of all images."""
    count = len(images.pixels)
    chunks = (
        torch.arange(s, min(s + ENCODE_BATCH, count), device=images.device) for s in range(0, count, ENCODE_BATCH)
    )
    return torch.cat([model.codes(images.batch(rows)) for rows in chunks]).cpu().numpy()


@torch.no_grad()
def predict(heads: Heads, codes: NDArray[np.float32], device: torch.device) -> NDArray[np.float32]:
    """Predictions (N, T) from codes (N, D)."""
    chunks = torch.split(torch.from_numpy(codes), ENCODE_BATCH)
    return torch.cat([heads(chunk.to(device)) for chunk in chunks]).cpu().numpy()
