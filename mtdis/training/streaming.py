"""Batches of rows, on the device that uses them: gathered there, or on the CPU one batch ahead of
the training.

Raw: arrays (B, ...) as stored, the same B rows of each.
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import torch
from torch import Tensor

Raw = tuple[Tensor, ...]


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
        """What was filled, copied to the device; the copy is under way when this returns."""
        there = tuple(
            torch.empty_like(part, device=self.device).copy_(part, non_blocking=True)
            for part in filled
        )
        if self.on_gpu:
            self.copied = torch.cuda.Event()  # type: ignore[no-untyped-call]
            self.copied.record(torch.cuda.current_stream(self.device))
        return there
