"""Gradient boosted trees for classification: scikit-learn's numbers, many times faster.

`fit` grows the trees of scikit-learn 1.9's `GradientBoostingClassifier` (the estimator of DCI) with
its default settings and the same seed: equal trees, leaf values, importances and predictions, bit
for bit, where codes are free of ties or tied rows have equal labels (an image drawn twice). With
other ties the last bits of a sum depend on scikit-learn's unstable sort; what that changes is no
more than what another seed changes.

It is fast because each code is sorted once, not once per node and tree: a split parts the sorted
rows and keeps their order. The algorithm is Friedman's (2001), its details and random draws are
those of scikit-learn (BSD-3-Clause, none of its code is here).
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import repeat
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

if TYPE_CHECKING:  # numba is imported by the first fit
    from mtdis.metrics._estimators.boosting_kernels import Floats, Ints, Table, Trees, Workspace

EPSILON = np.finfo(np.float64).eps
MAX_SEED = 2**31 - 1  # scikit-learn draws the seed of each tree below this


@dataclass(frozen=True)
class Model:
    """Fitted trees."""

    classes: NDArray[Any]  # (K,), sorted
    # (d,): share of each code in the decrease of impurity; all zero if no tree has a split
    importances: Floats
    fitted: NDArray[Any]  # (n,): `predict` of the training codes, which costs nothing here
    trees: Trees  # arrays (stages, T, m), T one for two classes and else one per class
    start: Floats  # (T,): raw predictions before the first stage
    learning_rate: float

    def predict(self, codes: ArrayLike) -> NDArray[Any]:
        """Predict the labels of codes (n, d)."""
        from mtdis.metrics._estimators import boosting_kernels as kernels

        values = _checked_values(codes)
        if len(values) != len(self.importances):
            raise ValueError(
                f"codes must have {len(self.importances)} columns, as in fit. Found {len(values)}."
            )
        raw = np.repeat(self.start[:, None], values.shape[1], axis=1)
        for stage in range(len(self.trees.code)):
            kernels.add_trees(values, self.learning_rate, _stage(self.trees, stage), raw)
        return _decide(raw, self.classes)


def fit(
    codes: ArrayLike,
    labels: ArrayLike,
    *,
    seed: int,
    num_stages: int = 100,
    learning_rate: float = 0.1,
    max_depth: int = 3,
    num_threads: int = 1,
) -> Model:
    """Fit boosted trees that tell the labels (n,) from the codes (n, d).

    Defaults and seed mean what they mean in `GradientBoostingClassifier(random_state=seed)`.
    Threads share the trees of a stage; the result does not depend on their number. ValueError as
    there: one class, NaN, infinity, a wrong shape.
    """
    values = _checked_values(codes)
    classes, encoded = _checked_labels(labels, values.shape[1])
    if min(num_stages, max_depth, num_threads) < 1:
        raise ValueError(f"{num_stages=}, {max_depth=} and {num_threads=} must all be at least 1.")
    start = _prior(encoded)
    raw = np.repeat(start[:, None], encoded.size, axis=1)
    trees = _no_trees(num_stages, len(raw), max_depth)
    seeds = np.random.RandomState(seed).randint(0, MAX_SEED, size=(num_stages, len(raw)))
    table, works = _prepare(values, max_depth, min(num_threads, len(raw)))
    _boost(table, encoded, seeds, learning_rate, num_threads, works, trees, raw)
    importances = _importances(trees, len(values))
    return Model(classes, importances, _decide(raw, classes), trees, start, learning_rate)


def _boost(
    table: Table,
    labels: Ints,
    seeds: Ints,
    rate: float,
    num_threads: int,
    works: list[Workspace],
    trees: Trees,
    raw: Floats,
) -> None:
    """Grow all stages.

    Rows are shared out to the threads for the gradients, trees for the growing.
    """
    from mtdis.metrics._estimators import boosting_kernels as kernels

    target = np.empty_like(raw)
    edges = np.linspace(0, labels.size, num_threads + 1).astype(np.int64)
    with _mapper(num_threads) as share:
        for stage, stage_seeds in enumerate(seeds):
            bounds = repeat(raw), repeat(labels), edges[:-1], edges[1:], repeat(target)
            list(share(kernels.find_residuals, *bounds))
            rest = table, target, labels, stage_seeds, rate, _stage(trees, stage), raw
            list(
                share(
                    kernels.grow_share,
                    range(len(works)),
                    repeat(len(works)),
                    works,
                    *map(repeat, rest),
                )
            )


@contextmanager
def _mapper(num_threads: int) -> Iterator[Any]:
    """Yield `map`, or its like over threads (the kernels let go of the interpreter's lock)."""
    if num_threads == 1:
        yield map
    else:
        with ThreadPoolExecutor(num_threads) as pool:
            yield pool.map


def _prepare(
    values: NDArray[np.float32], max_depth: int, num_works: int
) -> tuple[Table, list[Workspace]]:
    """Sort each code once; give each thread its workspace."""
    from mtdis.metrics._estimators import boosting_kernels as kernels

    d, n = values.shape
    # half the bytes spare the cache: a quarter faster
    kind: Any = np.uint16 if n <= 2**16 else np.uint32
    order = np.argsort(values, axis=1, kind="stable")
    ranked = np.take_along_axis(values, order, axis=1)
    close = np.zeros((d, n), dtype=np.bool_)
    np.put_along_axis(close, order[:, 1:], ranked[:, 1:] <= ranked[:, :-1] + kernels.CLOSE, axis=1)
    # the longest run of rows each of which is close to the one before, between those that are not
    starts = [np.flatnonzero(~row) for row in np.take_along_axis(close, order, axis=1)]
    longest = np.array([np.diff(places, append=n).max() for places in starts])
    inverse = 1 / np.maximum(np.arange(n + 1.0), 0.5)
    table = kernels.Table(values, close, longest, inverse, inverse[::-1].copy())
    works = []
    for _ in range(num_works):
        orders = np.empty((max_depth, d, n), dtype=kind)
        orders[0] = order
        work = kernels.Workspace(
            orders,
            rows=np.empty(n, dtype=kind),
            holes=np.empty(n + 1, dtype=kind),
            goes_left=np.empty(n, dtype=np.uint8),
            leaf=np.empty(n, dtype=np.uint32),
            begin=np.empty(_num_nodes(max_depth), dtype=np.int64),
            gathered=np.empty((2, n)),
        )
        works.append(work)
    return table, works


def _num_nodes(max_depth: int) -> int:
    """Count the nodes of a full tree."""
    return int(2 ** (max_depth + 1) - 1)


def _no_trees(num_stages: int, num_trees: int, max_depth: int) -> Trees:
    """Make room for the trees."""
    from mtdis.metrics._estimators import boosting_kernels as kernels

    shape = num_stages, num_trees, _num_nodes(max_depth)
    whole = [np.zeros(shape, dtype=np.int64) for _ in range(4)]
    real = [np.zeros(shape) for _ in range(3)]
    used = np.zeros(shape[:2], dtype=np.int64)
    return kernels.Trees(whole[0], real[0], whole[1], whole[2], real[1], real[2], whole[3], used)


def _stage(trees: Trees, stage: int) -> Trees:
    """Return the trees of one stage, as views."""
    return type(trees)(*(array[stage] for array in trees))


def _importances(trees: Trees, d: int) -> Floats:
    """Average each code's decrease of impurity over the trees that have a split, and normalise."""
    flat = -1, trees.code.shape[-1]
    code, left, right, size = (
        a.reshape(flat) for a in (trees.code, trees.left, trees.right, trees.size)
    )
    weighted = size * trees.impurity.reshape(flat)
    in_use = np.arange(code.shape[1]) < trees.used.reshape(-1, 1)
    tree, node = np.nonzero(in_use & (left >= 0))
    decrease = (
        weighted[tree, node] - weighted[tree, left[tree, node]] - weighted[tree, right[tree, node]]
    )
    per_tree = np.zeros((len(code), d))
    # in the order of the nodes, like scikit-learn
    np.add.at(per_tree, (tree, code[tree, node]), decrease)
    grown = trees.used.ravel() > 1
    if not grown.any():
        return np.zeros(d)
    mean = (per_tree / size[:, :1])[grown].mean(axis=0)
    result: Floats = mean / mean.sum()
    return result


def _prior(labels: Ints) -> Floats:
    """Return the raw predictions (T,) that give each class its share."""
    from scipy.special import logit

    share = np.clip(np.bincount(labels) / labels.size, EPSILON, 1 - EPSILON)
    if share.size == 2:
        return np.array([logit(share[1])])
    result: Floats = np.log(share / np.exp(np.log(share).mean()))
    return result


def _decide(raw: Floats, classes: NDArray[Any]) -> NDArray[Any]:
    """Return the likeliest classes, the first of equal ones (the second of two)."""
    likeliest: NDArray[Any] = classes[
        raw.argmax(axis=0) if len(raw) > 1 else (raw[0] >= 0).astype(np.int64)
    ]
    return likeliest


def _checked_values(codes: ArrayLike) -> NDArray[np.float32]:
    """Return the codes as float32, which is what scikit-learn sees, one code per row."""
    array = np.asarray(codes)
    if array.ndim != 2 or 0 in array.shape:
        raise ValueError(
            f"codes must be a table (n, d) that is not empty. Found shape {array.shape}."
        )
    with np.errstate(over="ignore"):
        values = np.ascontiguousarray(array.T, dtype=np.float32)
    if not np.isfinite(values).all():
        raise ValueError("codes contain NaN, infinity or a value too large for float32.")
    return values


def _checked_labels(labels: ArrayLike, n: int) -> tuple[NDArray[Any], Ints]:
    """Return the classes, and the labels as places among them."""
    array = np.asarray(labels)
    if array.shape != (n,):
        raise ValueError(f"labels must be one per row of codes, shape ({n},). Found {array.shape}.")
    classes, encoded = np.unique(array, return_inverse=True)
    if classes.size < 2:
        raise ValueError(f"labels must have at least 2 classes. Found only {classes.tolist()}.")
    return classes, encoded.astype(np.int64)
