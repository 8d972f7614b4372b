"""smallNORB from its gzipped matrices: the first image of each stereo pair, made smaller to 64×64,
in the grid's order.

disentanglement_lib hides the factor `instance` and draws it anew for each image; here it is a
factor like the others.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mtdis.data.chunks import Chunk
from mtdis.data.factors import kept_rows
from mtdis.data.genuine import downloads
from mtdis.data.genuine import norb as norb_matrix
from mtdis.data.genuine.checks import BLOCK, REMEDY, chunks_of
from mtdis.data.genuine.downloads import source
from mtdis.data.genuine.thumbnails import thumbnail
from mtdis.errors import ArtifactError
from mtdis.progress import progress_bar
from mtdis.specs.datasets.small_norb import SmallNorb
from mtdis.specs.grids import Grid

__all__ = ["chunks", "source"]

SIDE = 96
Ints = NDArray[np.int64]


def chunks(spec: SmallNorb, folder: Path) -> Iterator[Chunk]:
    """The dataset from the files below `folder`.

    ArtifactError unless each combination is there exactly once.

    The files are in another order than the grid, so that all images (199 MB) are held at once.
    """
    files = downloads.verified_files(spec, folder)
    parts = [files[start : start + 3] for start in range(0, len(files), 3)]
    rows = [_grid_rows(cat, info, spec.full_grid) for _, cat, info in parts]
    _check_each_once(np.concatenate(rows), spec.full_grid, files[0].parent)
    images = np.zeros((spec.full_grid.count, *spec.image_shape), np.uint8)
    kept = np.isin(np.arange(len(images)), kept_rows(spec))
    with progress_bar(int(kept.sum()), "making images smaller", "images") as bar:
        for (dat, _, _), places in zip(parts, rows, strict=True):
            for place, image in _first_of_pairs(dat, places):
                if kept[place]:
                    images[place, ..., 0] = thumbnail(image)
                    bar.update(1)
    return chunks_of(
        spec, (images[start : start + BLOCK] for start in range(0, len(images), BLOCK))
    )


def _grid_rows(cat: Path, info: Path, grid: Grid) -> Ints:
    """The row of the grid of each image (n,), from its category (n,) and instance, elevation,
    azimuth, lighting.
    """
    category = np.concatenate([*norb_matrix.blocks(cat, (None,), "int32")])
    rest = np.concatenate([*norb_matrix.blocks(info, (len(category), 4), "int32")])
    classes = np.column_stack([category, rest]).astype(np.int64)
    odd = classes[:, 3] % 2 != 0  # azimuths are stored as 0, 2, …, 34
    classes[:, 3] //= 2
    wrong = odd | (classes < 0).any(axis=1) | (classes >= grid.sizes).any(axis=1)
    if wrong.any():
        row = int(np.argmax(wrong))
        found = ", ".join(
            f"{n} {v}" for n, v in zip(grid.names, (category[row], *rest[row]), strict=True)
        )
        raise ArtifactError(
            f"{info}: image {row} is labelled {found}, which the grid has not. {REMEDY}"
        )
    rows: Ints = np.ravel_multi_index(tuple(classes.T), grid.sizes).astype(np.int64)
    return rows


def _check_each_once(rows: Ints, grid: Grid, folder: Path) -> None:
    counts = np.bincount(rows, minlength=grid.count)
    if (counts != 1).any():
        row = int(np.argmax(counts != 1))
        classes = np.unravel_index(row, grid.sizes)
        named = ", ".join(f"{name} {int(c)}" for name, c in zip(grid.names, classes, strict=True))
        raise ArtifactError(
            f"{folder}: {named} is there {counts[row]} times; expected once. {REMEDY}"
        )


def _first_of_pairs(dat: Path, places: Ints) -> Iterator[tuple[int, NDArray[np.uint8]]]:
    """(row of the grid, image (96, 96)) of each stereo pair."""
    start = 0
    for block in norb_matrix.blocks(dat, (len(places), 2, SIDE, SIDE), "uint8"):
        yield from zip(places[start : start + len(block)].tolist(), block[:, 0], strict=True)
        start += len(block)
