"""Tables of numbers from a user's files: npy, npz, h5. Nothing pickled is read."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mtdis.data.array_files import StoredArray, check_readable, stored_arrays
from mtdis.data.npy_stream import UNREADABLE
from mtdis.errors import ArtifactError

BLOCK_BYTES = 2**24
"""Of the file that are in memory at once beside the table."""
LARGEST_UNPACKED = 2**28
"""Bytes of a table in a smaller, packed file: a few kilobytes can be packed zeros without end."""
FRACTIONS = "fractions"
BIN = (
    "Number the values of a factor that has few: np.unique(x, return_inverse=True)[1]. Bin a"
    " measurement, since metrics need several rows of each class, here into 10 classes of as many"
    " rows: np.digitize(x, np.quantile(x, np.linspace(0, 1, 11)[1:-1]))."
)
"""How classes are made of raw values x (N,)."""
EXACT = 2**53
"""Whole numbers up to this are exact as float64."""


def read_table(path: Path, name: str) -> NDArray[Any]:
    """A two-dimensional array (N, columns) of numbers from a file, in npz and h5 the one so named.

    Codes become float32, or float64 where that can't hold their type, and factors whole numbers.
    ArtifactError if the file is missing, damaged, of another type, or holds something else.
    """
    if not path.exists():
        raise ArtifactError(f"{path} is missing.")
    try:
        found = stored_arrays(path)
        stored = found[_only(list(found), name)]
        _check_table(path, name, stored)
        table = _read(stored)
    except ArtifactError:
        raise
    except UNREADABLE as error:
        reason = str(error).partition("\n")[0] or type(error).__name__
        raise ArtifactError(f"can't read {name} from {path}: {reason}") from None
    return _classes(path, table) if name == "factors" else _codes(table)


def _only(names: list[str], wanted: str) -> str:
    """The wanted array, or the only one there is."""
    if wanted in names:
        return wanted
    if len(names) != 1:
        raise ValueError(f"no array '{wanted}' among {', '.join(map(repr, names)) or 'none'}")
    return names[0]


def _check_table(path: Path, name: str, stored: StoredArray) -> None:
    """Raise ArtifactError unless an array is a table of numbers that the file can hold."""
    shape, dtype = stored.shape, stored.dtype
    if dtype.hasobject:
        raise ArtifactError(
            f"{path}: {name} are Python objects of type {dtype}, which are pickled and never"
            " loaded; save numbers: np.save(path, array.astype(np.float64), allow_pickle=False)."
        )
    if len(shape) != 2 or min(shape) < 0 or dtype.kind not in "iufb":
        raise ArtifactError(
            f"{path}: {name} must be a table of numbers (N, columns); found shape {shape} of"
            f" {dtype}."
        )
    check_readable(stored)
    if stored.claimed_bytes > stored.most_bytes:
        raise ArtifactError(
            f"{path}: {name} of shape {shape} and {dtype} need {stored.claimed_bytes:,} bytes, and"
            f" the file has at most {stored.most_bytes:,} of them; it is cut off or damaged. Save"
            " it again with np.save."
        )
    if stored.claimed_bytes > max(LARGEST_UNPACKED, path.stat().st_size):
        raise ArtifactError(
            f"{path}: {name} unpack to {stored.claimed_bytes:,} bytes, of a file of"
            f" {path.stat().st_size:,}; {LARGEST_UNPACKED:,} are possible. Save them unpacked, with"
            " np.save."
        )


def _read(stored: StoredArray) -> NDArray[Any]:
    shape = stored.shape[::-1] if stored.fortran_order else stored.shape
    table = np.empty(shape, stored.dtype.newbyteorder("="))
    row_bytes = max(1, shape[1] * stored.dtype.itemsize)
    rows = stored.chunk_rows * max(1, BLOCK_BYTES // (row_bytes * stored.chunk_rows))
    start = 0
    for block in stored.blocks(rows) if table.size else ():
        table[start : start + len(block)] = block
        start += len(block)
    return table.T if stored.fortran_order else table


def _codes(table: NDArray[Any]) -> NDArray[Any]:
    """Codes as float32 or float64, the types that metrics take; these refuse NaN in them."""
    exact = np.result_type(table.dtype, np.float32)
    with np.errstate(all="ignore"):  # NaN that signal, and long doubles beyond float64
        return table.astype(exact if exact in (np.float32, np.float64) else np.float64, copy=False)


def _classes(path: Path, table: NDArray[Any]) -> NDArray[Any]:
    """Factors as whole numbers; ArtifactError for what is none."""
    if table.dtype.kind in "iu":
        return table
    if table.dtype.kind == "f":
        wrong = {
            "NaN": np.isnan(table),
            "infinite": np.isinf(table),
            FRACTIONS: table != np.round(np.nan_to_num(table)),
            f"beyond {EXACT:,}, where floating numbers are rounded": np.abs(table)
            > np.float64(EXACT),
        }
        for what, places in wrong.items():
            if places.any():
                row, column = np.argwhere(places)[0]
                advice = (
                    BIN
                    if what == FRACTIONS
                    else "Correct these rows or leave them out of both files."
                )
                raise ArtifactError(
                    f"{path}: factors must be whole numbers, the class of each factor; found"
                    f" {int(places.sum())} that are {what}, the first in row {row}, column {column}"
                    f" (from 0). {advice}"
                )
    return table.astype(np.int64)
