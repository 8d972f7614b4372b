"""The chunks of a dataset from the rows of its file: those that the spec keeps, labelled by their
place in the grid.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from gzip import GzipFile
from pathlib import Path
from tarfile import TarError
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from mtdis.data import npy_stream
from mtdis.data.chunks import Chunk
from mtdis.data.factors import grid_rows, kept_rows, labels
from mtdis.errors import ArtifactError
from mtdis.progress import progress_bar
from mtdis.specs.dataset import GridDataset
from mtdis.specs.grids import Grid

Pixels = NDArray[np.uint8]
BLOCK = 2048
"""Rows read at once: 25 MB of 64×64 colour images."""
REMEDY = "It is not the published file, or damaged: fetch it again with mtdis download."
UNREADABLE = (*npy_stream.UNREADABLE, TarError)
"""What the readers of zip, npy, gzip, tar, mat and HDF5 files raise at damaged ones."""
LABEL_TOLERANCE = 1e-6
"""Rounding of the files' own computations; neighbouring values differ by at least 0.03."""


@contextmanager
def reading(path: Path, what: str) -> Iterator[None]:
    """Turn what readers raise at a damaged file into an ArtifactError that names file and part."""
    try:
        yield
    except ArtifactError:
        raise
    except UNREADABLE as error:
        raise ArtifactError(
            f"{path}: can't read {what}: {str(error) or type(error).__name__}. {REMEDY}"
        ) from None


def check_array(path: Path, what: str, found: tuple[Any, Any], expected: tuple[Any, Any]) -> None:
    """Raise ArtifactError unless (shape, dtype) found are those expected."""
    if (tuple(found[0]), np.dtype(found[1])) != (tuple(expected[0]), np.dtype(expected[1])):
        raise ArtifactError(
            f"{path}: {what} must have shape {tuple(expected[0])} of {np.dtype(expected[1])}; "
            f"found {tuple(found[0])} of {np.dtype(found[1])}. {REMEDY}"
        )


def check_end(stream: IO[bytes] | GzipFile) -> None:
    """Raise ValueError unless the stream ends here, where packed streams check their checksum."""
    if stream.read(1):
        raise ValueError("there is more in it than its header says")


def chunks_of(spec: GridDataset, blocks: Iterable[Pixels]) -> Iterator[Chunk]:
    """The chunks of a dataset from blocks (n, H, W, C) that together are its full grid in C order.

    All blocks are read, so that a file's damaged end is found whatever part is kept.
    """
    rows = kept_rows(spec)
    with progress_bar(len(rows), f"reading {spec.name()}", "images") as bar:
        start = taken = 0
        for block in blocks:
            stop = start + len(block)
            chosen = rows[taken : np.searchsorted(rows, stop)]
            if len(chosen):
                yield (block[chosen - start], *labels(spec, chosen))
                bar.update(len(chosen))
            start, taken = stop, taken + len(chosen)


def check_labels(
    path: Path, what: str, grid: Grid, blocks: Iterable[NDArray[Any]], *, classes: bool = False
) -> None:
    """Raise ArtifactError at the first row whose labels (blocks of (n, K)) are not the grid's
    values, or its classes.
    """
    start = 0
    for block in blocks:
        expected = grid_rows(grid, start, start + len(block))[0 if classes else 1]
        agree = np.isclose(block, expected, rtol=0, atol=LABEL_TOLERANCE).all(axis=1)
        if not agree.all():
            row = int(np.argmin(agree))
            raise ArtifactError(
                f"{path}: {what} of row {start + row} are {_named(grid, block[row])}; "
                f"expected {_named(grid, expected[row])}. {REMEDY}"
            )
        start += len(block)


def _named(grid: Grid, labels_of_row: NDArray[Any]) -> str:
    return ", ".join(
        f"{name} {value:.6g}" for name, value in zip(grid.names, labels_of_row, strict=True)
    )
