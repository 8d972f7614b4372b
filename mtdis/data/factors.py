"""Rows of a factor grid as arrays."""

import functools
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mtdis.errors import ConfigError
from mtdis.specs import holes
from mtdis.specs.dataset import GridDataset
from mtdis.specs.grids import Grid

Ints = NDArray[np.int64]


def grid_rows(grid: Grid, start: int, stop: int) -> tuple[Ints, NDArray[np.float64]]:
    """Classes (n, K) and raw values (n, K) of the rows start..stop-1 of a grid in C order."""
    classes = np.stack(np.unravel_index(np.arange(start, stop), grid.sizes), axis=1)
    columns = [np.asarray(v)[classes[:, k]] for k, v in enumerate(grid.values)]
    return classes.astype(np.int64), np.stack(columns, axis=1)


def kept_rows(spec: GridDataset) -> Ints:
    """The rows (count,) that a dataset holds, as ascending flat indices into its full grid in C
    order.

    ConfigError if a correlation happens to leave no image of some class.
    """
    strides = np.cumprod([1, *spec.full_grid.sizes[:0:-1]])[::-1]
    steps = [
        np.asarray(kept) * stride for kept, stride in zip(spec.kept_classes, strides, strict=True)
    ]
    rows: Ints = functools.reduce(np.add.outer, steps).ravel()
    left = spec.holes
    if left.dropped:
        rows = rows[~_dropped(np.unravel_index(rows, spec.full_grid.sizes), left.dropped)]
    if left.correlated:
        rows = rows[_correlated(spec, rows)]
        _check_classes(spec, rows)
    return rows


def labels(spec: GridDataset, rows: Ints) -> tuple[Ints, NDArray[np.float64]]:
    """Classes (n, K), re-indexed from 0 within the sub-grid, and raw values (n, K) of rows of the
    full grid.
    """
    columns = np.unravel_index(rows, spec.full_grid.sizes)
    values = [np.asarray(v)[c] for v, c in zip(spec.full_grid.values, columns, strict=True)]
    classes = [np.searchsorted(kept, c) for kept, c in zip(spec.kept_classes, columns, strict=True)]
    return np.stack(classes, axis=1).astype(np.int64), np.stack(values, axis=1)


def _dropped(
    columns: Sequence[NDArray[np.intp]], combinations: Sequence[holes.Combination]
) -> NDArray[np.bool_]:
    """Mask (n,) of the rows with a dropped combination, by full-grid classes (n,) per factor."""
    found = [
        np.all([np.isin(columns[f], classes) for f, classes in one], axis=0) for one in combinations
    ]
    any_of_them: NDArray[np.bool_] = np.any(found, axis=0)
    return any_of_them


def _correlated(spec: GridDataset, rows: Ints) -> NDArray[np.bool_]:
    """Mask (n,) of the rows that stay: of each pair of classes of the two correlated factors its
    share, drawn by the seed.
    """
    pair = spec.holes.correlated
    sizes = spec.sizes[pair[0]], spec.sizes[pair[1]]
    shares = np.array([holes.weight(a, b, sizes, spec.correlation) for a, b in np.ndindex(sizes)])
    classes, _ = labels(spec, rows)
    cells = np.ravel_multi_index((classes[:, pair[0]], classes[:, pair[1]]), sizes)
    found = np.bincount(cells, minlength=shares.size)
    quotas = np.array([holes.quota(int(n), float(s)) for n, s in zip(found, shares, strict=True)])
    order = np.lexsort((np.random.RandomState(spec.holes.seed).random_sample(len(cells)), cells))
    place = np.arange(len(cells)) - np.repeat(np.cumsum(found) - found, found)
    kept = np.zeros(len(cells), dtype=bool)
    kept[order] = place < quotas[cells[order]]
    return kept


def _check_classes(spec: GridDataset, rows: Ints) -> None:
    classes, _ = labels(spec, rows)
    for name, size, column in zip(spec.names, spec.sizes, classes.T, strict=True):
        if lost := sorted(set(range(size)) - set(np.unique(column).tolist())):
            raise ConfigError(
                f"correlation {spec.correlation:g} leaves no image of class {lost[0]} of {name}"
                f" among {len(rows):,}; lower it, keep more classes, or take another"
                " correlation_seed."
            )
