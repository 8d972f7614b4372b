"""The chunks of a dataset that a renderer draws from its factor values."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from mtdis.data.factors import kept_rows, labels
from mtdis.progress import progress_bar
from mtdis.specs.dataset import GridDataset, RenderedGrid

CHUNK = 8192
"""Images rendered at once: keeps memory below 2 GiB at any grid size."""

Chunk = tuple[NDArray[np.uint8], NDArray[np.int64], NDArray[np.float64]]
"""Images (n, H, W, C), classes (n, K) and raw values (n, K) of n rows."""
Render = Callable[[NDArray[np.float64], int], NDArray[np.uint8]]
Grid = TypeVar("Grid", bound=GridDataset)
Draw = Callable[[Grid, NDArray[np.int64], NDArray[np.float64]], NDArray[np.uint8]]


def rendered_chunks(render: Render) -> Callable[[RenderedGrid, Path], Iterator[Chunk]]:
    """The `chunks` of a dataset module, drawn by `render(values, image_size)`: all rows of the spec
    in order.
    """
    return drawn_chunks(lambda spec, _, values: render(values, spec.image_size))


def drawn_chunks(draw: Draw[Grid]) -> Callable[[Grid, Path], Iterator[Chunk]]:
    """The `chunks` of a dataset module, drawn by `draw(spec, rows, values)`; rows are flat indices
    into the full grid.
    """

    def chunks(spec: Grid, folder: Path) -> Iterator[Chunk]:  # noqa: ARG001 - nothing is read
        rows = kept_rows(spec)
        with progress_bar(len(rows), f"rendering {spec.name()}", "images") as bar:
            for start in range(0, len(rows), CHUNK):
                chosen = rows[start : start + CHUNK]
                factors, values = labels(spec, chosen)
                yield draw(spec, chosen, values), factors, values
                bar.update(len(factors))

    return chunks
