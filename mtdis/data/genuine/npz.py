"""Arrays of an npz file, a block of rows at a time: no array is held whole, and no pickle is
read.
"""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any
from zipfile import ZipFile

import numpy as np
from numpy.lib import format as npy
from numpy.typing import DTypeLike, NDArray

from mtdis.data.genuine.checks import BLOCK, REMEDY, check_array, check_end, reading
from mtdis.errors import ArtifactError

HEADERS = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}


def blocks(
    path: Path, name: str, shape: tuple[int, ...], dtype: DTypeLike
) -> Iterator[NDArray[Any]]:
    """The array `name` of an npz file in blocks of rows (n, ...), n = 2048 but for the last.

    ArtifactError if the file is missing, damaged or ends early, or the array has another shape or
    dtype.
    """
    with _opened(path, name) as stream:
        with reading(path, name):
            found, fortran, kind = _header(stream)
        check_array(path, name, (found, kind), (shape, dtype))
        if fortran:
            raise ArtifactError(
                f"{path}: {name} is stored column by column (Fortran order). {REMEDY}"
            )
        for start in range(0, shape[0], BLOCK):
            yield _next(
                stream, path, name, (min(BLOCK, shape[0] - start), *shape[1:]), np.dtype(dtype)
            )
        with reading(path, name):
            check_end(stream)


@contextmanager
def _opened(path: Path, name: str) -> Iterator[IO[bytes]]:
    with reading(path, f"{name}.npy"):
        archive = ZipFile(path)
    with archive:
        with reading(path, f"{name}.npy"):
            stream = archive.open(f"{name}.npy")
        with stream:
            yield stream


def _header(stream: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    version = npy.read_magic(stream)
    if version not in HEADERS:
        raise ValueError(f"npy format {version} is not known")
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore", UserWarning
        )  # that it was written by Python 2, as dSprites was
        header: tuple[tuple[int, ...], bool, np.dtype[Any]] = HEADERS[version](stream)
    return header


def _next(
    stream: IO[bytes], path: Path, name: str, shape: tuple[int, ...], dtype: np.dtype[Any]
) -> NDArray[Any]:
    size = int(np.prod(shape)) * dtype.itemsize
    with reading(path, name):
        data = stream.read(size)
        if len(data) != size:
            raise EOFError(f"it ends {size - len(data):,} bytes early")
    return np.frombuffer(data, dtype).reshape(shape)
