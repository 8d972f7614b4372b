"""Rows of a factor grid as arrays."""

import numpy as np
from numpy.typing import NDArray

from mtdis.specs.grids import Grid


def grid_rows(grid: Grid, start: int, stop: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Classes (n, K) and raw values (n, K) of the rows start..stop-1 of a grid in C order."""
    classes = np.stack(np.unravel_index(np.arange(start, stop), grid.sizes), axis=1)
    columns = [np.asarray(v)[classes[:, k]] for k, v in enumerate(grid.values)]
    return classes.astype(np.int64), np.stack(columns, axis=1)
