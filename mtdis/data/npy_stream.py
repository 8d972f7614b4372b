"""Arrays in npy and npz files, read some rows at a time, none whole, and never a pickle."""

import lzma
import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from math import prod
from pathlib import Path
from tokenize import TokenError
from typing import IO, Any, NamedTuple
from zipfile import BadZipFile, ZipFile

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

UNREADABLE = (
    *(OSError, EOFError, LookupError, ValueError, TypeError, RuntimeError),
    *(BadZipFile, zlib.error, lzma.LZMAError, struct.error),
    # of a damaged npy header, which is a Python literal and may name any number
    *(SyntaxError, TokenError, ArithmeticError, MemoryError, AttributeError),
)
"""Exceptions that reading a damaged file raises."""
HEADERS = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}
LENGTHS = {(1, 0): 2, (2, 0): 4}
"""Bytes that say how long a header is, by format."""
LONGEST_HEADER = 10_000
"""Characters, as in numpy, which would first read as many bytes as a header claims to have."""


class Header(NamedTuple):
    """Shape, order and type of an npy array, which stand before its numbers."""

    shape: tuple[int, ...]
    fortran_order: bool
    dtype: np.dtype[Any]


@contextmanager
def npz_member(path: Path, name: str) -> Iterator[IO[bytes]]:
    """The npy file of one array of an npz file, open."""
    with ZipFile(path) as archive, archive.open(f"{name}.npy") as stream:
        yield stream


def read_header(stream: IO[bytes]) -> Header:
    """The header of an npy file, after which its numbers follow."""
    version = npy.read_magic(stream)
    if version not in HEADERS:
        raise ValueError(f"npy format {version[0]}.{version[1]}, which plain arrays don't need")
    claimed = stream.read(LENGTHS[version])
    if (length := int.from_bytes(claimed, "little")) > LONGEST_HEADER:
        raise ValueError(f"its header claims {length:,} bytes; {LONGEST_HEADER:,} are possible")
    header = BytesIO(claimed + stream.read(length))
    with warnings.catch_warnings():
        # that it was written by Python 2, as dSprites was, or what Python thinks of a damaged one
        warnings.simplefilter("ignore")
        return Header(*HEADERS[version](header))


def read_blocks(
    stream: IO[bytes], shape: tuple[int, ...], dtype: np.dtype[Any], rows: int
) -> Iterator[NDArray[Any]]:
    """Blocks of so many rows (rows, ...), the last one smaller, of an array in C order.

    EOFError if the stream ends before the array.
    """
    for start in range(0, shape[0], rows):
        block = (min(rows, shape[0] - start), *shape[1:])
        size = prod(block) * dtype.itemsize
        content = stream.read(size)
        if len(content) != size:
            raise EOFError(f"it ends {size - len(content):,} bytes early")
        yield np.frombuffer(content, dtype).reshape(block)
