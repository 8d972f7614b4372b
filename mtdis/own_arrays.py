"""Reads a user's images from an h5, npz or npy file without ever holding all of them, and without pickle."""

import lzma
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from typing import IO, Any, NamedTuple

import h5py
import numpy as np

from mtdis.errors import ArtifactError
from mtdis.own_images import ImageSource, Pixels, block_rows, check_array, refused

Opener = Callable[[], AbstractContextManager[IO[bytes]]]
NAME = "images"
"""The array that is taken of several."""
UNREADABLE = (OSError, ValueError, EOFError, KeyError, RuntimeError, zipfile.BadZipFile, zlib.error, lzma.LZMAError)
AGAIN = "Write it again: np.save, np.savez or h5py, with an array 'images'."


class Header(NamedTuple):
    """What stands before the bytes of an npy array."""

    shape: tuple[int, ...]
    fortran_order: bool
    dtype: np.dtype[Any]


def open_h5(path: Path) -> ImageSource:
    """The array `images` of an HDF5 file, or its only one of three or four dimensions; ArtifactError otherwise."""
    try:
        with h5py.File(path) as file:
            found: dict[str, tuple[tuple[int, ...], np.dtype[Any]]] = {}
            file.visititems(lambda name, item: _note(found, name, item))
    except UNREADABLE as error:
        raise refused(path, error, AGAIN) from None
    name = _choose(path, {name: shape for name, (shape, _) in found.items()})
    count, shape = check_array(f"{path}, array '{name}'", *found[name])
    return ImageSource(count, shape, partial(_h5_blocks, path, name, shape))


def _note(found: dict[str, tuple[tuple[int, ...], np.dtype[Any]]], name: str, item: Any) -> None:
    if isinstance(item, h5py.Dataset) and item.shape is not None:
        found[name] = (item.shape, item.dtype)


def _h5_blocks(path: Path, name: str, shape: tuple[int, int, int]) -> Iterator[Pixels]:
    rows = block_rows(shape)
    try:
        with h5py.File(path) as file:
            images = file[name]
            for start in range(0, len(images), rows):
                yield images[start : start + rows].reshape(-1, *shape)
    except UNREADABLE as error:
        raise refused(path, error, AGAIN) from None


def open_npy(path: Path) -> ImageSource:
    """The array of an npy file; ArtifactError if it can't be images."""
    return _open_member(path, str(path), lambda: path.open("rb"), path.stat().st_size)


def open_npz(path: Path) -> ImageSource:
    """The array `images` of an npz file, or its only one of three or four dimensions; ArtifactError otherwise."""
    try:
        with zipfile.ZipFile(path) as archive:
            sizes = {i.filename: i.file_size for i in archive.infolist() if i.filename.endswith(".npy")}
        headers = {name.removesuffix(".npy"): _header(partial(_member, path, name)) for name in sizes}
    except UNREADABLE as error:
        raise refused(path, error, AGAIN) from None
    name = _choose(path, {name: header.shape for name, header in headers.items()})
    return _open_member(path, f"{path}, array '{name}'", partial(_member, path, f"{name}.npy"), sizes[f"{name}.npy"])


@contextmanager
def _member(path: Path, name: str) -> Iterator[IO[bytes]]:
    """One file of a zip archive, open."""
    with zipfile.ZipFile(path) as archive, archive.open(name) as stream:
        yield stream


def _choose(path: Path, shapes: Mapping[str, tuple[int, ...]]) -> str:
    """The name of the array that holds the images."""
    if NAME in shapes:
        return NAME
    possible = [name for name, shape in shapes.items() if len(shape) in (3, 4)]
    if len(possible) != 1:
        found = ", ".join(f"{name} {shape}" for name, shape in shapes.items()) or "none"
        raise ArtifactError(
            f"{path}: an array '{NAME}' of shape (images, height, width[, channels]) is needed; arrays: {found}."
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
        return _read_header(stream)


def _read_header(stream: IO[bytes]) -> Header:
    version = np.lib.format.read_magic(stream)
    readers = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
    if version not in readers:
        raise ValueError(f"npy format {version[0]}.{version[1]}, which plain arrays don't need")
    return Header(*readers[version](stream))


def _npy_blocks(path: Path, opener: Opener, count: int, shape: tuple[int, int, int]) -> Iterator[Pixels]:
    rows, size = block_rows(shape), int(np.prod(shape))
    try:
        with opener() as stream:
            _read_header(stream)
            for start in range(0, count, rows):
                wanted = min(rows, count - start) * size
                content = stream.read(wanted)
                if len(content) < wanted:
                    raise EOFError("it ends before its last image")
                yield np.frombuffer(content, np.uint8).reshape(-1, *shape)
    except UNREADABLE as error:
        raise refused(path, error, AGAIN) from None
