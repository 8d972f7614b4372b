"""The arrays of a user's h5, npz and npy files: the only way in for anyone's numbers.

What a file claims is compared with the bytes that it has before memory is taken for it, no pickle
is loaded, and nothing is read from other files. Damaged files raise one of `npy_stream.UNREADABLE`.
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
from numpy.typing import NDArray

from mtdis.data.npy_stream import Header, npz_member, read_blocks, read_header
from mtdis.errors import ArtifactError

Opener = Callable[[], AbstractContextManager[IO[bytes]]]
LARGEST_CHUNK = 2**28
"""Bytes of an HDF5 chunk, which is only read as a whole."""
EXPANSION = 1100
"""Times that unpacked bytes can be more than packed ones: deflate's most is 1032."""
PACKINGS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""What numpy packs with; the unpackers of others take gigabytes at a word of the file."""


class StoredArray(NamedTuple):
    """An array in a file, of which only what describes it has been read."""

    where: str
    """The file, and which of its arrays if it can have several."""
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    most_bytes: int
    """No more of it can be in the file, whatever its header claims."""
    blocks: Callable[[int], Iterator[NDArray[Any]]]
    """Its rows in order, so many at once; of an array in Fortran order those of its transpose."""
    fortran_order: bool = False
    chunk_rows: int = 1
    """Rows that are only read together."""
    problem: str = ""
    """Why it can't be read though it is described, with the remedy."""

    @property
    def claimed_bytes(self) -> int:
        """Bytes of the whole array, by its shape and type."""
        return prod(self.shape) * self.dtype.itemsize


def stored_arrays(path: Path) -> dict[str, StoredArray]:
    """The arrays of a file by name, in order; an npy file's one has the name ''.

    ValueError for a file of a type that has none.
    """
    if path.suffix not in READERS:
        raise ValueError(f"files of type {', '.join(READERS)} are read")
    if not path.is_file():
        raise FileNotFoundError(f"{path} is no file")  # a pipe would be waited for
    return READERS[path.suffix](path)


def _in_npy(path: Path) -> dict[str, StoredArray]:
    def opener() -> IO[bytes]:
        return path.open("rb")

    return {"": _in_stream(str(path), opener, path.stat().st_size)}


def _in_npz(path: Path) -> dict[str, StoredArray]:
    with zipfile.ZipFile(path) as archive:
        members = [i for i in archive.infolist() if i.filename.endswith(".npy")]
    found = {}
    for member in members:
        name = member.filename.removesuffix(".npy")
        if member.compress_type not in PACKINGS:
            raise ValueError(f"'{name}' is packed otherwise than np.savez_compressed does")
        packed = min(member.compress_size, path.stat().st_size)
        most = packed if member.compress_type == zipfile.ZIP_STORED else EXPANSION * packed
        found[name] = _in_stream(
            f"{path}, array '{name}'",
            partial(npz_member, path, name),
            min(member.file_size, most),
        )
    return found


def _in_stream(where: str, opener: Opener, most_bytes: int) -> StoredArray:
    with opener() as stream:
        header = read_header(stream)
    return StoredArray(
        where,
        header.shape,
        header.dtype,
        most_bytes,
        partial(_npy_blocks, opener, header),
        header.fortran_order,
    )


def _npy_blocks(opener: Opener, header: Header, rows: int) -> Iterator[NDArray[Any]]:
    with opener() as stream:
        read_header(stream)
        shape = header.shape[::-1] if header.fortran_order else header.shape
        yield from read_blocks(stream, shape, header.dtype, rows)


def _in_h5(path: Path) -> dict[str, StoredArray]:
    found: dict[str, StoredArray] = {}

    def note(name: str, item: Any) -> None:
        if isinstance(item, h5py.Dataset) and item.shape is not None:
            found[name] = _described(path, name, item)

    with h5py.File(path) as file:
        file.visititems(note)  # which follows no link to another file
    return found


def _described(path: Path, name: str, item: h5py.Dataset) -> StoredArray:
    stored = min(item.id.get_storage_size(), path.stat().st_size)
    return StoredArray(
        f"{path}, array '{name}'",
        item.shape,
        item.dtype,
        stored * EXPANSION if item.chunks else stored,
        partial(_h5_blocks, path, name),
        chunk_rows=item.chunks[0] if item.chunks else 1,
        problem=_problem(path, item),
    )


def _problem(path: Path, item: h5py.Dataset) -> str:
    """The reason why an array can't be read: it is in other files, or in chunks too large for
    memory.
    """
    if item.external or item.is_virtual:
        return (
            " only points to other files (external storage or a virtual dataset), which could"
            " change unseen. Write its numbers into the file: target['images'] ="
            " source['images'][:]."
        )
    size = prod(item.chunks or ()) * item.dtype.itemsize
    if size > LARGEST_CHUNK:
        return (
            f" has chunks of {size:,} bytes, each read as a whole; {LARGEST_CHUNK:,} are possible."
            " Write it again with smaller ones: create_dataset('images', data=images,"
            f" chunks={(1, *item.shape[1:])})."
        )
    if size > EXPANSION * path.stat().st_size:
        return f" claims chunks of {size:,} bytes, which the file can't hold. Write it again."
    return ""


def _h5_blocks(path: Path, name: str, rows: int) -> Iterator[NDArray[Any]]:
    with h5py.File(path) as file:
        for start in range(0, len(file[name]), rows):
            yield file[name][start : start + rows]


READERS: Mapping[str, Callable[[Path], dict[str, StoredArray]]] = {
    ".h5": _in_h5,
    ".hdf5": _in_h5,
    ".npz": _in_npz,
    ".npy": _in_npy,
}


def check_readable(array: StoredArray) -> None:
    """Raise ArtifactError for an array that is described but can't be read."""
    if array.problem:
        raise ArtifactError(array.where + array.problem)
