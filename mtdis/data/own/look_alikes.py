"""Images of a user that are equal byte by byte and yet of other classes."""

from dataclasses import dataclass, field
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

DIGEST = 16
"""Bytes kept of each image."""


@dataclass
class ImageDigests:
    """A digest of each image, in order; chunk by chunk, since images need not fit into memory."""

    _kept: bytearray = field(default_factory=bytearray)

    def add(self, images: NDArray[np.uint8]) -> None:
        """Take the next images (n, H, W, C) in."""
        for image in images:
            pixels = np.ascontiguousarray(image).data
            self._kept += blake2b(pixels, digest_size=DIGEST).digest()

    def groups(self) -> NDArray[np.int64]:
        """The number (N,) of the group of equal images that each image is in, from 0."""
        digests = np.frombuffer(bytes(self._kept), dtype=f"V{DIGEST}")
        return np.asarray(np.unique(digests, return_inverse=True)[1], np.int64)


@dataclass(frozen=True)
class LookAlikes:
    """Images that are equal to another one of other classes."""

    count: int
    """Of images with such a twin."""
    rows: tuple[int, int]
    """An example: the first such image and its first such twin, counted from 0."""
    differing: tuple[int, ...]
    """The columns of classes in which the two of the example differ."""


def find_look_alikes(groups: NDArray[np.int64], classes: NDArray[np.int64]) -> LookAlikes | None:
    """The images, in groups (N,) of equal ones, of which an equal one has other classes (N, K);
    None if there are none.
    """
    _, first = np.unique(groups, return_index=True)
    differs = (classes != classes[first[groups]]).any(axis=1)
    if not differs.any():
        return None
    mixed = np.bincount(groups, weights=differs) > 0
    row = int(np.argmax(mixed[groups]))
    twin = int(np.argmax(differs & (groups == groups[row])))
    differing = np.flatnonzero(classes[row] != classes[twin])
    return LookAlikes(int(mixed[groups].sum()), (row, twin), tuple(map(int, differing)))
