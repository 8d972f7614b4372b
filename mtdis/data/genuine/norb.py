"""The matrix format of NORB: a magic number, the dimensions, then the numbers, all little-endian,
within gzip.

https://cs.nyu.edu/~ylclab/data/norb-v1.0-small
"""

import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mtdis.data.genuine.checks import BLOCK, check_array, check_end, reading

TYPES: dict[int, np.dtype[Any]] = {0x1E3D4C55: np.dtype("uint8"), 0x1E3D4C54: np.dtype("<i4")}
"""Magic number: type of the numbers. The format has more; these are in smallNORB."""
STORED_DIMENSIONS = 3
"""At least so many are written, ones after the last."""


def blocks(path: Path, shape: tuple[int | None, ...], dtype: str) -> Iterator[NDArray[Any]]:
    """A matrix in blocks of rows (n, ...); `None` in the shape is any number of rows.

    ArtifactError if the file is missing, damaged or ends early, or the matrix has another shape or
    type.
    """
    with reading(path, "the matrix"), gzip.open(path) as stream:
        found, kind = _header(stream)
    wanted = (found[0] if shape[0] is None and found else shape[0], *shape[1:])
    check_array(path, "the matrix", (found, kind), (wanted, dtype))
    yield from _rows(path, found, kind)


def _rows(path: Path, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Iterator[NDArray[Any]]:
    with gzip.open(path) as stream:
        with reading(path, "the matrix"):
            _header(stream)
        for start in range(0, shape[0], BLOCK):
            part = (min(BLOCK, shape[0] - start), *shape[1:])
            with reading(path, "the matrix"):
                numbers = np.frombuffer(
                    _exactly(stream, int(np.prod(part)) * dtype.itemsize), dtype
                )
            yield numbers.reshape(part)
        with reading(path, "the matrix"):
            check_end(stream)


def _header(stream: gzip.GzipFile) -> tuple[tuple[int, ...], np.dtype[Any]]:
    magic, count = (int(x) for x in np.frombuffer(_exactly(stream, 8), "<u4"))
    if magic not in TYPES:
        raise ValueError(
            f"it begins with {magic:#x}, not one of {', '.join(f'{known:#x}' for known in TYPES)}"
        )
    if not 1 <= count <= 4:
        raise ValueError(f"it says to have {count} dimensions")
    sizes = np.frombuffer(_exactly(stream, 4 * max(STORED_DIMENSIONS, count)), "<i4")
    return tuple(map(int, sizes[:count])), TYPES[magic]


def _exactly(stream: gzip.GzipFile, size: int) -> bytes:
    data = stream.read(size)
    if len(data) != size:
        raise EOFError(f"it ends {size - len(data):,} bytes early")
    return data
