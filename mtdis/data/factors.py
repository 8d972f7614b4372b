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
        rows = rows[_chosen(_pair_classes(spec, rows), _shares(spec), left.seed)]
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
    """Which rows have a dropped combination, of the full-grid classes (n,) of each factor."""
    found = [
        np.all([np.isin(columns[f], classes) for f, classes in one], axis=0) for one in combinations
    ]
    any_of_them: NDArray[np.bool_] = np.any(found, axis=0)
    return any_of_them


def _pair_classes(spec: GridDataset, rows: Ints) -> tuple[Ints, Ints]:
    """Classes (n,) of the two correlated factors within the sub-grid."""
    classes, _ = labels(spec, rows)
    first, second = spec.holes.correlated
    return classes[:, first], classes[:, second]


def _shares(spec: GridDataset) -> NDArray[np.float64]:
    """The share of images that stays, for each pair of classes of the two correlated factors."""
    sizes = tuple(spec.sizes[factor] for factor in spec.holes.correlated)
    first, second = sizes
    weights = [
        [holes.weight(a, b, (first, second), spec.correlation) for b in range(second)]
        for a in range(first)
    ]
    return np.array(weights)


def _chosen(pair: tuple[Ints, Ints], shares: NDArray[np.float64], seed: int) -> NDArray[np.bool_]:
    """Which of the rows (n,) stay: of each pair of classes its share, drawn by the seed."""
    cells = np.ravel_multi_index(pair, shares.shape)
    found = np.bincount(cells, minlength=shares.size)
    quotas = np.array(
        [holes.quota(int(n), float(s)) for n, s in zip(found, shares.ravel(), strict=True)]
    )
    order = np.lexsort((np.random.RandomState(seed).random_sample(len(cells)), cells))
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
