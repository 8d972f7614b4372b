"""Images of a user in an h5, npz or npy file, read without ever holding all of them, and without
pickle.
"""

import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from functools import partial
from math import prod
from pathlib import Path
from typing import IO, Any, NamedTuple

import h5py
import numpy as np

from mtdis.data.npy_stream import UNREADABLE, Header, npz_member, read_blocks, read_header
from mtdis.data.own.images import ImageSource, Pixels, block_rows, check_array, refused
from mtdis.errors import ArtifactError

Opener = Callable[[], AbstractContextManager[IO[bytes]]]
NAME = "images"
"""The array that is taken of several."""
AGAIN = "Write it again: np.save, np.savez or h5py, with an array 'images'."
LARGEST_CHUNK = 2**28
"""Bytes of an HDF5 chunk, which is only read as a whole."""


class Stored(NamedTuple):
    """Layout of an array in an HDF5 file: chunks are None if it lies in one piece, elsewhere is
    said of other files.
    """

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    chunks: tuple[int, ...] | None
    elsewhere: bool


def open_h5(path: Path) -> ImageSource:
    """Open the array `images` of an HDF5 file, or its only one of three or four dimensions."""
    try:
        with h5py.File(path) as file:
            found: dict[str, Stored] = {}
            file.visititems(lambda name, item: _note(found, name, item))
    except UNREADABLE as error:
        raise refused(path, error, AGAIN) from None
    name = _choose(path, {name: stored.shape for name, stored in found.items()})
    where, stored = f"{path}, array '{name}'", found[name]
    count, shape = check_array(where, stored.shape, stored.dtype)
    _check_storage(where, stored)
    return ImageSource(count, shape, partial(_h5_blocks, path, name, shape))


def _note(found: dict[str, Stored], name: str, item: Any) -> None:
    if isinstance(item, h5py.Dataset) and item.shape is not None:
        found[name] = Stored(
            item.shape, item.dtype, item.chunks, bool(item.external or item.is_virtual)
        )


def _check_storage(where: str, stored: Stored) -> None:
    """Raise ArtifactError for an array in other files, or in chunks too large for memory."""
    if stored.elsewhere:
        raise ArtifactError(
            f"{where} only points to other files (external storage or a virtual dataset), which"
            " could change unseen. Write its pixels into the file: target['images'] ="
            " source['images'][:]."
        )
    if stored.chunks and (size := prod(stored.chunks)) > LARGEST_CHUNK:
        raise ArtifactError(
            f"{where} has chunks of {size:,} bytes, each read as a whole; {LARGEST_CHUNK:,} are"
            " possible. Write it again with smaller ones: create_dataset('images', data=images,"
            f" chunks={(1, *stored.shape[1:])})."
        )


def _rows_at_once(stored: h5py.Dataset, shape: tuple[int, int, int]) -> int:
    """Whole chunks of the file, so that none is unpacked twice, unless these are too many images
    for memory.
    """
    rows, packed = block_rows(shape), stored.chunks[0] if stored.chunks else 1
    return packed * max(1, rows // packed) if packed * prod(shape) <= LARGEST_CHUNK else rows


def _h5_blocks(path: Path, name: str, shape: tuple[int, int, int]) -> Iterator[Pixels]:
    try:
        with h5py.File(path) as file:
            images = file[name]
            rows = _rows_at_once(images, shape)
            for start in range(0, len(images), rows):
                yield images[start : start + rows].reshape(-1, *shape)
    except UNREADABLE as error:
        raise refused(path, error, AGAIN) from None


def open_npy(path: Path) -> ImageSource:
    """Open the array of an npy file; ArtifactError if it can't be images."""
    return _open_member(path, str(path), lambda: path.open("rb"), path.stat().st_size)


def open_npz(path: Path) -> ImageSource:
    """Open the array `images` of an npz file, or its only one of three or four dimensions."""
    try:
        with zipfile.ZipFile(path) as archive:
            sizes = {
                i.filename.removesuffix(".npy"): i.file_size
                for i in archive.infolist()
                if i.filename.endswith(".npy")
            }
        headers = {name: _header(partial(npz_member, path, name)) for name in sizes}
    except UNREADABLE as error:
        raise refused(path, error, AGAIN) from None
    name = _choose(path, {name: header.shape for name, header in headers.items()})
    return _open_member(
        path, f"{path}, array '{name}'", partial(npz_member, path, name), sizes[name]
    )


def _choose(path: Path, shapes: Mapping[str, tuple[int, ...]]) -> str:
    """The name of the array that holds the images."""
    if NAME in shapes:
        return NAME
    possible = [name for name, shape in shapes.items() if len(shape) in (3, 4)]
    if len(possible) != 1:
        found = ", ".join(f"{name} {shape}" for name, shape in shapes.items()) or "none"
        raise ArtifactError(
            f"{path}: an array '{NAME}' of shape (images, height, width[, channels]) is needed;"
            f" arrays: {found}."
        )
    return possible[0]


def _open_member(path: Path, where: str, opener: Opener, size: int) -> ImageSource:
    try:
        header = _header(opener)
    except UNREADABLE as error:
        raise refused(path, error, AGAIN) from None
    count, shape = check_array(where, header.shape, header.dtype)
    if header.fortran_order:
        raise ArtifactError(f"{where} is in Fortran order; save np.ascontiguousarray(images).")
    wanted = count * int(np.prod(shape))
    if size < wanted:
        raise ArtifactError(f"{where} is cut off: {size:,} bytes for {wanted:,} pixels. {AGAIN}")
    return ImageSource(count, shape, partial(_npy_blocks, path, opener, count, shape))


def _header(opener: Opener) -> Header:
    with opener() as stream:
        return read_header(stream)


def _npy_blocks(
    path: Path, opener: Opener, count: int, shape: tuple[int, int, int]
) -> Iterator[Pixels]:
    try:
        with opener() as stream:
            read_header(stream)
            yield from read_blocks(stream, (count, *shape), np.dtype(np.uint8), block_rows(shape))
    except UNREADABLE as error:
        raise refused(path, error, AGAIN) from None
