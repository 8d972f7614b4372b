"""3D Shapes from its HDF5 file."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import h5py
from numpy.typing import NDArray

from mtdis.data.chunks import Chunk
from mtdis.data.genuine import downloads
from mtdis.data.genuine.checks import BLOCK, check_array, check_labels, chunks_of, reading
from mtdis.data.genuine.downloads import source
from mtdis.specs.datasets.shapes3d import Shapes3d

__all__ = ["chunks", "source"]

MOST = 16384
"""Rows that are read at once at most: 200 MB of images."""


def chunks(spec: Shapes3d, folder: Path) -> Iterator[Chunk]:
    """The dataset from the file below `folder`, whose labels must be those of the grid.

    ArtifactError if not.
    """
    (path,) = downloads.verified_files(spec, folder)
    grid = spec.full_grid
    check_labels(
        path, "labels", grid, _blocks(path, "labels", (grid.count, len(grid.names)), "float64")
    )
    return chunks_of(spec, _blocks(path, "images", (grid.count, *spec.image_shape), "uint8"))


def _blocks(path: Path, name: str, shape: tuple[int, ...], dtype: str) -> Iterator[NDArray[Any]]:
    with reading(path, name):
        file = h5py.File(path)
    with file:
        with reading(path, name):
            stored = file[name]
            check_array(path, name, (stored.shape, stored.dtype), (shape, dtype))
        step = _rows_at_once(stored)
        for start in range(0, shape[0], step):
            with reading(path, name):
                block = stored[start : start + step]
            yield block


def _rows_at_once(stored: h5py.Dataset) -> int:
    """Whole chunks of the file, so that none is unpacked twice, unless they are very large."""
    packed = stored.chunks[0] if stored.chunks else 1
    return packed * max(1, BLOCK // packed) if packed <= MOST else BLOCK
