"""Tables of numbers from a user's files: npy, npz, h5. Nothing pickled is read."""

from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import h5py
import numpy as np
from numpy.typing import NDArray

from mtdis.errors import ArtifactError

READABLE = ".npy, .npz, .h5 or .hdf5"


def read_table(path: Path, name: str) -> NDArray[Any]:
    """A two-dimensional array (N, columns) of numbers from a file, in npz and h5 the one so named.

    ArtifactError if the file is missing, damaged, of another type, or holds something else.
    """
    try:
        table = _read(path, name)
    except FileNotFoundError:
        raise ArtifactError(f"{path} is missing.") from None
    except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
        raise ArtifactError(f"can't read {name} from {path}: {error}") from None
    if table.ndim != 2 or table.dtype.kind not in "iufb":
        raise ArtifactError(
            f"{path}: {name} must be a table of numbers (N, columns); found shape {table.shape} of"
            f" {table.dtype}."
        )
    if name == "factors" and table.dtype.kind != "i":
        classes = table.astype(np.int64)
        if not np.array_equal(classes, table):
            raise ArtifactError(
                f"{path}: factors must be whole numbers, the class of each factor; found fractions."
            )
        return classes
    return table


def _read(path: Path, name: str) -> NDArray[Any]:
    if path.suffix in (".h5", ".hdf5"):
        with h5py.File(path) as file:
            return np.asarray(file[_only(list(file), name)])
    if path.suffix not in (".npy", ".npz"):
        raise ValueError(f"files of type {READABLE} are read")
    loaded = np.load(path, allow_pickle=False)
    if isinstance(loaded, np.ndarray):
        return loaded
    with loaded:
        return np.asarray(loaded[_only(loaded.files, name)])


def _only(names: list[str], wanted: str) -> str:
    """The wanted array, or the only one there is."""
    if wanted in names or len(names) != 1:
        if wanted not in names:
            raise KeyError(f"no array '{wanted}' among {', '.join(names) or 'none'}")
        return wanted
    return names[0]
