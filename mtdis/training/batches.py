"""Data of a training: arrays on a device, their batches, and the examples of given rows.

Batches are gathered on the device that uses them or, of arrays that stay on the CPU, there, one
batch ahead of the training.

Shapes: N rows, B rows of a batch, images (N, S, S, C) uint8 as stored and (B, C, S, S) in 0..1 as
networks take them. Raw: arrays (B, ...) as stored, the same B rows of each.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mtdis.training.networks import Heads, Network

Raw = tuple[Tensor, ...]
ENCODE_BATCH = 4096
"""Images encoded at once: fixed, so that the bits of the codes do not depend on memory."""


class Examples(ABC):
    """Rows of inputs and of what is to be predicted from them: arrays as stored, and how networks
    take them.
    """

    @property
    @abstractmethod
    def arrays(self) -> Raw:
        """The arrays (N, ...) as they are stored, all in one place."""

    @abstractmethod
    def prepare(self, raw: Raw) -> tuple[Tensor, Tensor]:
        """Inputs and targets made of the same rows of all arrays, on the device."""

    @property
    def device(self) -> torch.device:
        """The device that uses the batches."""
        return self.arrays[0].device

    def raw_batches(self, order: Tensor, size: int) -> Iterator[Raw]:
        """Batches of `size` rows, as stored, on the device, in the order of the rows (n,).

        The last may be smaller.
        """
        return stream(self.arrays, order, size, self.device)

    def examples(self, rows: Tensor) -> tuple[Tensor, Tensor]:
        """Inputs and targets of these rows."""
        return self.prepare(tuple(part.to(self.device) for part in gather(self.arrays, rows)))


@dataclass(frozen=True)
class Images(Examples):
    """A dataset: pixels (N, S, S, C) uint8, the value of white, and targets (N, T) float32 or None.

    `used_on` says where the batches go if that is not where the pixels are: too large a dataset
    stays on the CPU.
    """

    pixels: Tensor
    white: int
    targets: Tensor | None
    used_on: torch.device | None = None

    @property
    def arrays(self) -> Raw:
        """Pixels and, where there are some, targets."""
        return (self.pixels,) if self.targets is None else (self.pixels, self.targets)

    @property
    def device(self) -> torch.device:
        """The device that uses the batches."""
        return self.used_on or self.pixels.device

    def batch(self, rows: Tensor) -> Tensor:
        """Images (B, C, S, S) of these rows in 0..1."""
        (pixels,) = gather((self.pixels,), rows)
        return self.scaled(pixels.to(self.device))

    def scaled(self, pixels: Tensor) -> Tensor:
        """Images (B, C, S, S) in 0..1 of pixels as stored.

        Cast before permuting, which leaves them channels-last.
        """
        return pixels.to(torch.float32).div_(self.white).permute(0, 3, 1, 2)

    def prepare(self, raw: Raw) -> tuple[Tensor, Tensor]:
        """Images and their task targets (B, T), or else the images themselves, to reconstruct."""
        images = self.scaled(raw[0])
        return images, raw[1] if len(raw) > 1 else images


@dataclass(frozen=True)
class CodedImages(Examples):
    """Codes (N, D) of images, to reconstruct the images from; the codes lie where the images do."""

    codes: Tensor
    images: Images

    @property
    def arrays(self) -> Raw:
        """Codes and pixels."""
        return self.codes, self.images.pixels

    @property
    def device(self) -> torch.device:
        """The device that uses the batches."""
        return self.images.device

    def prepare(self, raw: Raw) -> tuple[Tensor, Tensor]:
        """Codes (B, D) and images (B, C, S, S)."""
        return raw[0], self.images.scaled(raw[1])


@dataclass(frozen=True)
class CodedTasks(Examples):
    """Codes (N, D) of images, to predict task targets (N, T) from."""

    codes: Tensor
    targets: Tensor

    @property
    def arrays(self) -> Raw:
        """Codes and targets."""
        return self.codes, self.targets

    def prepare(self, raw: Raw) -> tuple[Tensor, Tensor]:
        """Codes (B, D) and targets (B, T)."""
        return raw[0], raw[1]


@torch.no_grad()
def encode(model: Network, images: Images) -> NDArray[np.float32]:
    """Codes (N, D) of all images."""
    chunks = stream((images.pixels,), torch.arange(len(images.pixels)), ENCODE_BATCH, images.device)
    return torch.cat([model.codes(images.scaled(pixels)) for (pixels,) in chunks]).cpu().numpy()


@torch.no_grad()
def predict(heads: Heads, codes: NDArray[np.float32], device: torch.device) -> NDArray[np.float32]:
    """Predictions (N, T) from codes (N, D)."""
    chunks = torch.split(torch.from_numpy(codes), ENCODE_BATCH)
    return torch.cat([heads(chunk.to(device)) for chunk in chunks]).cpu().numpy()


def gather(arrays: Raw, rows: Tensor) -> Raw:
    """The rows (B,) of all arrays, where the arrays are."""
    return tuple(array.index_select(0, rows.to(array.device)) for array in arrays)


def stream(arrays: Raw, order: Tensor, size: int, device: torch.device) -> Iterator[Raw]:
    """Batches on the device of `size` rows each, in the order of the rows (n,).

    The last may be smaller.
    """
    if arrays[0].device.type == device.type:
        rows_there = order.to(device)  # all at once: no step waits for a copy
        return (gather(arrays, rows) for rows in torch.split(rows_there, size))
    return copied_ahead(arrays, order, size, device)


def copied_ahead(arrays: Raw, order: Tensor, size: int, device: torch.device) -> Iterator[Raw]:
    """The batches of `stream`, of arrays on the CPU: a thread fills one buffer while the other is
    copied and used.
    """
    buffers = [_Buffer(arrays, min(size, len(order)), device) for _ in range(2)]
    batches = torch.split(order, size)
    with ThreadPoolExecutor(1) as filler:
        coming = filler.submit(buffers[0].fill, arrays, batches[0])
        for number in range(len(batches)):
            filled = coming.result()
            if number + 1 < len(batches):
                coming = filler.submit(buffers[(number + 1) % 2].fill, arrays, batches[number + 1])
            yield buffers[number % 2].copy(filled)


class _Buffer:
    """Memory on the CPU that one batch waits in.

    Pinned for a GPU, so that it is copied while the GPU computes.
    """

    def __init__(self, arrays: Raw, size: int, device: torch.device) -> None:
        self.device = device
        self.on_gpu = device.type == "cuda"
        self.parts = [
            torch.empty((size, *a.shape[1:]), dtype=a.dtype, pin_memory=self.on_gpu) for a in arrays
        ]
        self.copied: torch.cuda.Event | None = None

    def fill(self, arrays: Raw, rows: Tensor) -> Raw:
        """Gather rows (B,) into the memory, once its last copy is done."""
        if self.copied:
            self.copied.synchronize()
        parts = tuple(part[: len(rows)] for part in self.parts)
        for part, array in zip(parts, arrays, strict=True):
            torch.index_select(array, 0, rows, out=part)
        return parts

    def copy(self, filled: Raw) -> Raw:
        """Start to copy the filled part to the device; the copy may not have ended on return."""
        there = tuple(
            torch.empty_like(part, device=self.device).copy_(part, non_blocking=True)
            for part in filled
        )
        if self.on_gpu:
            self.copied = torch.cuda.Event()  # type: ignore[no-untyped-call]
            self.copied.record(torch.cuda.current_stream(self.device))
        return there
