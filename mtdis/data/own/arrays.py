"""Images of a user in an h5, npz or npy file, read without ever holding all of them."""

from collections.abc import Iterator, Mapping
from functools import partial
from math import prod
from pathlib import Path

import numpy as np

from mtdis.data.array_files import LARGEST_CHUNK, StoredArray, check_readable, stored_arrays
from mtdis.data.npy_stream import UNREADABLE
from mtdis.data.own.images import ImageSource, Pixels, block_rows, check_array, refused
from mtdis.errors import ArtifactError

NAME = "images"
"""The array that is taken of several."""
AGAIN = "Write it again: np.save, np.savez or h5py, with an array 'images'."


def open_array(path: Path) -> ImageSource:
    """Open the array `images` of an h5, npz or npy file, or its only one of three or four
    dimensions.

    ArtifactError if it can't be images.
    """
    try:
        found = stored_arrays(path)
    except UNREADABLE as error:
        raise refused(path, error, AGAIN) from None
    stored = found[""] if "" in found and len(found) == 1 else found[_choose(path, found)]
    count, shape = check_array(stored.where, stored.shape, stored.dtype)
    check_readable(stored)
    if stored.fortran_order:
        raise ArtifactError(
            f"{stored.where} is in Fortran order; save np.ascontiguousarray(images)."
        )
    if stored.most_bytes < (wanted := count * prod(shape)):
        raise ArtifactError(
            f"{stored.where} is cut off: {stored.most_bytes:,} bytes for {wanted:,} pixels. {AGAIN}"
        )
    return ImageSource(count, shape, partial(_blocks, path, stored, shape))


def _choose(path: Path, found: Mapping[str, StoredArray]) -> str:
    """The name of the array that holds the images."""
    if NAME in found:
        return NAME
    possible = [name for name, stored in found.items() if len(stored.shape) in (3, 4)]
    if len(possible) != 1:
        shapes = ", ".join(f"{name} {stored.shape}" for name, stored in found.items()) or "none"
        raise ArtifactError(
            f"{path}: an array '{NAME}' of shape (images, height, width[, channels]) is needed;"
            f" arrays: {shapes}."
        )
    return possible[0]


def _blocks(path: Path, stored: StoredArray, shape: tuple[int, int, int]) -> Iterator[Pixels]:
    # Whole chunks of the file, so that none is unpacked twice, unless these are too many images.
    rows, packed = block_rows(shape), stored.chunk_rows
    if packed * prod(shape) <= LARGEST_CHUNK:
        rows = packed * max(1, rows // packed)
    try:
        for block in stored.blocks(rows):
            yield np.asarray(block, np.uint8).reshape(-1, *shape)
    except UNREADABLE as error:
        raise refused(path, error, AGAIN) from None
