"""How every metric draws its samples from a table of codes, and the checks they share.

On a complete grid in C order (last factor fastest) a draw is the one disentanglement_lib makes from
the same seed (Locatello et al. 2019, github.com/google-research/disentanglement_lib, commit
86a644d): the same calls on a `RandomState`, in the same order. Any other table (holes, repeated or
shuffled rows) has no such reference; there, rows are drawn uniformly with replacement from the same
generator.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.floating[Any]]
IntArray = npt.NDArray[np.int64]
Classes = npt.NDArray[np.integer[Any]]
Sample = tuple[FloatArray, IntArray]
"""Codes (n, d) and factors (n, K) of the same drawn images."""

MAGNITUDE_LIMIT = 1e16
"""Beyond this a float32 variance over a million rows overflows."""


@dataclass(frozen=True)
class CodeTable:
    """Codes (N, d) and varying factors (N, K) of N images.

    `sizes` holds the K numbers of classes.
    """

    codes: FloatArray
    factors: IntArray
    sizes: tuple[int, ...]
    on_grid: bool

    def rows(self, rng: np.random.RandomState, num: int) -> IntArray:
        """Indices (num,) of rows drawn uniformly with replacement, in one go."""
        if not self.on_grid:
            return rng.randint(len(self.codes), size=num)
        return np.stack([rng.randint(size, size=num) for size in self.sizes], axis=-1) @ _bases(
            self.sizes
        )

    def sample(self, rng: np.random.RandomState, num: int, batch_size: int) -> Sample:
        """Codes (num, d) and factors (num, K) drawn in batches.

        Their size decides the order of calls.
        """
        batches = [self.rows(rng, part) for part in _batch_sizes(num, batch_size)]
        rows = np.concatenate(batches)
        return self.codes[rows], self.factors[rows]

    def varied_sample(self, rng: np.random.RandomState, num: int, batch_size: int) -> Sample:
        """The same as `sample`.

        Raises ValueError where the draw holds a single class of some factor.
        """
        codes, factors = self.sample(rng, num, batch_size)
        single = np.flatnonzero((factors == factors[0]).all(axis=0))
        if single.size:
            raise ValueError(
                f"a draw of {num} rows holds only one class of varying factors {single.tolist()}:"
                " draw more"
            )
        return codes, factors

    def batches_with_a_fixed_factor(
        self, rng: np.random.RandomState, num: int, batch_size: int
    ) -> tuple[IntArray, IntArray]:
        """Fixed factors (num,) and rows (num, batch_size): a batch shares one class of its fixed
        factor.
        """
        return (self._fixed_on_grid if self.on_grid else self._fixed_by_rows)(rng, num, batch_size)

    def pairs_with_a_shared_factor(
        self, rng: np.random.RandomState, num: int, batch_size: int
    ) -> tuple[IntArray, IntArray]:
        """Shared factors (num,) and rows (num, 2, batch_size): the two rows of a pair agree in its
        batch's factor.
        """
        return (self._shared_on_grid if self.on_grid else self._shared_by_rows)(
            rng, num, batch_size
        )

    def _fixed_on_grid(
        self, rng: np.random.RandomState, num: int, batch_size: int
    ) -> tuple[IntArray, IntArray]:
        fixed = np.empty(num, np.int64)
        classes = np.empty((num, len(self.sizes), batch_size), np.int64)
        for batch in range(num):  # the generator is called batch by batch, as in the reference
            fixed[batch] = rng.randint(len(self.sizes))
            for factor, size in enumerate(self.sizes):
                classes[batch, factor] = rng.randint(size, size=batch_size)
        batches = np.arange(num)
        classes[batches, fixed] = classes[batches, fixed, :1]
        return fixed, _bases(self.sizes) @ classes

    def _fixed_by_rows(
        self, rng: np.random.RandomState, num: int, batch_size: int
    ) -> tuple[IntArray, IntArray]:
        by_class, starts = self._rows_by_class
        fixed = np.empty(num, np.int64)
        rows = np.empty((num, batch_size), np.int64)
        for batch in range(num):
            factor = fixed[batch] = rng.randint(len(self.sizes))
            shared = self.factors[rng.randint(len(self.codes)), factor]
            places = rng.randint(
                starts[factor][shared], starts[factor][shared + 1], size=batch_size
            )
            rows[batch] = by_class[places, factor]
        return fixed, rows

    def _shared_on_grid(
        self, rng: np.random.RandomState, num: int, batch_size: int
    ) -> tuple[IntArray, IntArray]:
        factors = len(self.sizes)
        # one call with every bound draws the very numbers that one call per batch, half and factor
        # would
        bounds = np.append(factors, np.tile(np.repeat(self.sizes, batch_size), 2))
        drawn = rng.randint(np.broadcast_to(bounds, (num, len(bounds))))
        shared, classes = drawn[:, 0], drawn[:, 1:].reshape(num, 2, factors, batch_size)
        batches = np.arange(num)
        classes[batches, 1, shared] = classes[batches, 0, shared]
        return shared, _bases(self.sizes) @ classes

    def _shared_by_rows(
        self, rng: np.random.RandomState, num: int, batch_size: int
    ) -> tuple[IntArray, IntArray]:
        by_class, starts = self._rows_by_class
        shared = rng.randint(len(self.sizes), size=num)
        rows = rng.randint(len(self.codes), size=(num, 2, batch_size))
        for factor, bounds in enumerate(starts):
            batches = shared == factor
            classes = self.factors[rows[batches, 0], factor]
            rows[batches, 1] = by_class[rng.randint(bounds[classes], bounds[classes + 1]), factor]
        return shared, rows

    @cached_property
    def _rows_by_class(self) -> tuple[IntArray, list[IntArray]]:
        """For each factor, the rows (N, K) sorted by its classes, and where among them each class
        starts and ends.
        """
        ends = [np.cumsum(np.bincount(column)) for column in self.factors.T]
        return np.argsort(self.factors, axis=0, kind="stable"), [np.append(0, end) for end in ends]


def code_table(
    codes: FloatArray, factors: Classes, *, min_codes: int = 1, min_factors: int = 1
) -> CodeTable:
    """The checked table of codes (N, d) and integer classes (N, K), without the constant factors.

    Codes keep their type, float32 or float64. Raises ValueError on wrong shapes or types, fewer
    than two rows, fewer than `min_codes` codes, codes that are NaN, infinite or beyond ±1e16, and
    fewer than `min_factors` factors that vary.
    """
    codes, factors = np.asarray(codes), np.asarray(factors)
    _check_shapes(codes, factors, min_codes)
    _check_values(codes)
    kept, _ = varying(factors)
    if kept.shape[1] < min_factors:
        raise ValueError(
            f"this metric compares factors: at least {min_factors} that vary are needed, got"
            f" {kept.shape[1]}"
        )
    sizes = tuple(int(size) for size in kept.max(axis=0) + 1)
    return CodeTable(codes, kept, sizes, _is_grid(kept, sizes))


def varying(factors: Classes) -> tuple[IntArray, IntArray]:
    """Factors with at least two classes, re-indexed to 0..n-1 (N, K'), and the dropped columns'
    indices.

    Raises ValueError when no factor varies.
    """
    classes = [np.unique(column) for column in factors.T]
    kept = [index for index, present in enumerate(classes) if present.size > 1]
    if not kept:
        raise ValueError(
            f"none of the {len(classes)} factors has two classes: there is nothing to disentangle"
        )
    columns = [np.searchsorted(classes[index], factors[:, index]) for index in kept]
    dropped = np.setdiff1d(np.arange(len(classes)), kept)
    return np.stack(columns, axis=1).astype(np.int64), dropped


def _check_shapes(codes: FloatArray, factors: Classes, min_codes: int) -> None:
    if codes.ndim != 2 or codes.dtype not in (np.float32, np.float64):
        raise ValueError(
            f"codes must be (N, d) of float32 or float64, got {codes.shape} of {codes.dtype}"
        )
    if factors.ndim != 2 or not np.issubdtype(factors.dtype, np.integer):
        raise ValueError(
            f"factors must be (N, K) of integer classes, got {factors.shape} of {factors.dtype}"
        )
    if len(codes) != len(factors):
        raise ValueError(
            f"codes have {len(codes)} rows, factors {len(factors)}: one row per image each"
        )
    if len(codes) < 2:
        raise ValueError(f"at least 2 rows are needed, got {len(codes)}")
    if codes.shape[1] < min_codes:
        raise ValueError(
            f"this metric compares codes: at least {min_codes} are needed, got {codes.shape[1]}"
        )


def _check_values(codes: FloatArray) -> None:
    bad = ~(np.abs(codes) <= MAGNITUDE_LIMIT)  # written so that NaN is bad
    if bad.any():
        columns = np.flatnonzero(bad.any(axis=0)).tolist()
        raise ValueError(
            f"{int(bad.sum())} codes are NaN, infinite or beyond ±{MAGNITUDE_LIMIT:g}, in columns"
            f" {columns}"
        )


def _is_grid(factors: IntArray, sizes: tuple[int, ...]) -> bool:
    order = np.arange(len(factors))
    return len(factors) == prod(sizes) and bool((factors @ _bases(sizes) == order).all())


def _bases(sizes: tuple[int, ...]) -> IntArray:
    return np.append(np.cumprod(sizes[:0:-1])[::-1], 1).astype(np.int64)


def _batch_sizes(num: int, batch_size: int) -> Iterator[int]:
    for start in range(0, num, batch_size):
        yield min(batch_size, num - start)
