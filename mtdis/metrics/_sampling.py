"""Draws of the samples of all metrics from tables of codes and factors, and the checks of these.

On a complete grid in C order (last factor fastest) a draw is the one disentanglement_lib makes from
the same seed (Locatello et al. 2019, github.com/google-research/disentanglement_lib, commit
86a644d): the same calls on a `RandomState`, in the same order. Any other table (holes, repeated or
shuffled rows) has no such reference; there, rows are drawn uniformly with replacement from the same
generator.
"""

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import Any, Protocol, TypeVar

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.floating[Any]]
IntArray = npt.NDArray[np.int64]
Classes = npt.NDArray[np.integer[Any]]
Sample = tuple[FloatArray, IntArray]
"""Codes (n, d) and factors (n, K) of the same drawn images."""

Settings = TypeVar("Settings", bound=Hashable)
Drawn = TypeVar("Drawn")

DRAWS_KEPT = 8
"""Of a table, the large ones: the rows of FactorVAE take 8 MB, those of the β-VAE metric 16."""
MAGNITUDE_LIMIT = 1e16
"""Beyond this a float32 variance over a million rows overflows."""


@dataclass(frozen=True)
class FactorTable:
    """Varying factors of N images, checked and indexed once for the codes of many networks."""

    classes: IntArray
    """Integer classes (N, K), re-indexed to 0..n-1."""
    sizes: tuple[int, ...]
    """Number of classes of each of the K factors."""
    dropped: tuple[int, ...]
    """Columns with a single class, as they were given; none of them counts among the K."""
    on_grid: bool
    """The images are a complete grid in C order."""

    def once(self, draw: Callable[["FactorTable", Settings], Drawn], settings: Settings) -> Drawn:
        """What `draw` makes of this table and settings, made once for the codes of many networks.

        The latest few draws are kept.
        """
        wanted = (draw, settings)
        if wanted not in self._draws:
            if len(self._draws) >= DRAWS_KEPT:
                del self._draws[next(iter(self._draws))]
            self._draws[wanted] = draw(self, settings)
        drawn: Drawn = self._draws[wanted]
        return drawn

    @cached_property
    def _draws(self) -> dict[Any, Any]:
        return {}

    def rows(self, rng: np.random.RandomState, num: int) -> IntArray:
        """Indices (num,) of rows drawn uniformly with replacement, in one go."""
        if not self.on_grid:
            return rng.randint(len(self.classes), size=num)
        return np.stack([rng.randint(size, size=num) for size in self.sizes], axis=-1) @ _bases(
            self.sizes
        )

    def rows_in_batches(self, rng: np.random.RandomState, num: int, batch_size: int) -> IntArray:
        """Indices (num,) of rows as `rows` draws them batch by batch, in a hundredth of the time:
        one call with every bound draws the very numbers that one call per batch and factor would.
        """
        if not self.on_grid:
            return rng.randint(len(self.classes), size=num)
        whole, rest = divmod(num, batch_size)
        sizes = np.array(self.sizes)
        drawn = rng.randint(np.tile(np.repeat(sizes, batch_size), whole))
        last = rng.randint(np.repeat(sizes, rest))
        parts = drawn.reshape(whole, len(sizes), batch_size), last.reshape(1, len(sizes), rest)
        return np.concatenate([(_bases(self.sizes) @ part).ravel() for part in parts])

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
            shared = self.classes[rng.randint(len(self.classes)), factor]
            places = rng.randint(
                starts[factor][shared], starts[factor][shared + 1], size=batch_size
            )
            rows[batch] = by_class[places, factor]
        return fixed, rows

    def _shared_on_grid(
        self, rng: np.random.RandomState, num: int, batch_size: int
    ) -> tuple[IntArray, IntArray]:
        num_factors = len(self.sizes)
        # one call with every bound draws the very numbers that one call per batch, half and factor
        # would
        bounds = np.append(num_factors, np.tile(np.repeat(self.sizes, batch_size), 2))
        drawn = rng.randint(np.broadcast_to(bounds, (num, len(bounds))))
        shared, classes = drawn[:, 0], drawn[:, 1:].reshape(num, 2, num_factors, batch_size)
        batches = np.arange(num)
        classes[batches, 1, shared] = classes[batches, 0, shared]
        return shared, _bases(self.sizes) @ classes

    def _shared_by_rows(
        self, rng: np.random.RandomState, num: int, batch_size: int
    ) -> tuple[IntArray, IntArray]:
        by_class, starts = self._rows_by_class
        shared = rng.randint(len(self.sizes), size=num)
        rows = rng.randint(len(self.classes), size=(num, 2, batch_size))
        for factor, bounds in enumerate(starts):
            batches = shared == factor
            classes = self.classes[rows[batches, 0], factor]
            rows[batches, 1] = by_class[rng.randint(bounds[classes], bounds[classes + 1]), factor]
        return shared, rows

    @cached_property
    def _rows_by_class(self) -> tuple[IntArray, list[IntArray]]:
        """Rows (N, K) sorted by the classes of each factor, and for each the places among them
        where its classes start, with N at the end.
        """
        ends = [np.cumsum(np.bincount(column)) for column in self.classes.T]
        return np.argsort(self.classes, axis=0, kind="stable"), [np.append(0, end) for end in ends]


Factors = Classes | FactorTable
"""What a metric takes: integer classes (N, K), or the table made of them."""


class Draws(Protocol):
    """Settings of a metric that draws rows."""

    @property
    def seed(self) -> int:
        """Seed of the draw."""

    @property
    def num_train(self) -> int:
        """Rows."""

    @property
    def batch_size(self) -> int:
        """Rows drawn at once."""


class DrawsTwice(Draws, Protocol):
    """Settings of a metric that draws other rows for a test."""

    @property
    def num_test(self) -> int:
        """Rows of the test."""


@dataclass(frozen=True)
class CodeTable:
    """Codes (N, d) of N images and their factors."""

    codes: FloatArray
    factors: FactorTable

    def sample(self, rng: np.random.RandomState, num: int, batch_size: int) -> Sample:
        """Codes (num, d) and factors (num, K), drawn in batches: their size orders the calls."""
        return self._at(self.factors.rows_in_batches(rng, num, batch_size))

    def varied_sample(self, rng: np.random.RandomState, num: int, batch_size: int) -> Sample:
        """A `sample` with two classes of each factor; ValueError where the draw has only one."""
        return self._at(self._varied_rows(rng, num, batch_size))

    def training(self, settings: Draws) -> tuple[Sample]:
        """The one `varied_sample` of these settings."""
        rng = np.random.RandomState(settings.seed)
        return (self.varied_sample(rng, settings.num_train, settings.batch_size),)

    def training_and_test(self, settings: DrawsTwice) -> tuple[Sample, Sample]:
        """A `varied_sample`, and a `sample` drawn after it by the same generator."""
        rng = np.random.RandomState(settings.seed)
        train = self.varied_sample(rng, settings.num_train, settings.batch_size)
        return train, self.sample(rng, settings.num_test, settings.batch_size)

    def halves(
        self, rng: np.random.RandomState, num: int, batch_size: int
    ) -> tuple[Sample, Sample]:
        """A `varied_sample` in two parts that share no image, about half of the images each.

        Where rows are few, a draw holds most of them many times.
        """
        rows = self._varied_rows(rng, num, batch_size)
        images, of_row = np.unique(rows, return_inverse=True)
        first = np.isin(of_row, rng.permutation(len(images))[: len(images) // 2])
        return self._at(rows[first]), self._at(rows[~first])

    def _at(self, rows: IntArray) -> Sample:
        return self.codes.take(rows, axis=0), self.factors.classes.take(rows, axis=0)

    def _varied_rows(self, rng: np.random.RandomState, num: int, batch_size: int) -> IntArray:
        rows = self.factors.rows_in_batches(rng, num, batch_size)
        factors = self.factors.classes[rows]
        single = np.flatnonzero((factors == factors[0]).all(axis=0))
        if single.size:
            raise ValueError(
                f"a draw of {num} rows holds only one class of varying factors {single.tolist()}:"
                " draw more"
            )
        return rows


def code_table(
    codes: FloatArray, factors: Factors, *, min_codes: int = 1, min_factors: int = 1
) -> CodeTable:
    """The checked codes (N, d) beside the varying ones of factors (N, K).

    Codes keep their type, float32 or float64. Raises ValueError for factors that `factor_table`
    refuses and fewer than `min_factors` that vary, and for codes of a wrong shape or type, fewer
    than `min_codes`, and ones that are NaN, infinite or beyond ±1e16.
    """
    codes = np.asarray(codes)
    table = factors if isinstance(factors, FactorTable) else factor_table(factors)
    _check_codes(codes, len(table.classes), min_codes)
    if len(table.sizes) < min_factors:
        raise ValueError(
            f"this metric compares factors: at least {min_factors} that vary are needed, got"
            f" {len(table.sizes)}"
        )
    return CodeTable(codes, table)


def factor_table(factors: Classes) -> FactorTable:
    """The checked table of integer classes (N, K), without the factors that are constant.

    Raises ValueError on a wrong shape or type, fewer than two rows, and when no factor varies.
    """
    factors = np.asarray(factors)
    if factors.ndim != 2 or not np.issubdtype(factors.dtype, np.integer):
        raise ValueError(
            f"factors must be (N, K) of integer classes, got {factors.shape} of {factors.dtype}"
        )
    if len(factors) < 2:
        raise ValueError(f"at least 2 rows are needed, got {len(factors)}")
    found = [np.unique(column) for column in factors.T]
    kept = [index for index, classes in enumerate(found) if classes.size > 1]
    if not kept:
        raise ValueError(
            f"none of the {len(found)} factors has two classes: there is nothing to disentangle"
        )
    columns = [np.searchsorted(found[index], factors[:, index]) for index in kept]
    classes = np.stack(columns, axis=1).astype(np.int64)
    sizes = tuple(found[index].size for index in kept)
    order = np.arange(len(classes))
    on_grid = len(classes) == prod(sizes) and bool((classes @ _bases(sizes) == order).all())
    dropped = tuple(index for index in range(len(found)) if index not in kept)
    return FactorTable(classes, sizes, dropped, on_grid)


def _check_codes(codes: FloatArray, num_rows: int, min_codes: int) -> None:
    if codes.ndim != 2 or codes.dtype not in (np.float32, np.float64):
        raise ValueError(
            f"codes must be (N, d) of float32 or float64, got {codes.shape} of {codes.dtype}"
        )
    if len(codes) != num_rows:
        raise ValueError(
            f"codes have {len(codes)} rows, factors {num_rows}: one row per image each"
        )
    if codes.shape[1] < min_codes:
        raise ValueError(
            f"this metric compares codes: at least {min_codes} are needed, got {codes.shape[1]}"
        )
    bad = ~(np.abs(codes) <= MAGNITUDE_LIMIT)  # written so that NaN is bad
    if bad.any():
        columns = np.flatnonzero(bad.any(axis=0)).tolist()
        counts = {"NaN": np.isnan(codes), "infinite": np.isinf(codes)}
        counts[f"beyond ±{MAGNITUDE_LIMIT:g}"] = bad & np.isfinite(codes)
        found = [f"{what} ({int(wrong.sum())})" for what, wrong in counts.items() if wrong.any()]
        raise ValueError(f"{int(bad.sum())} codes are {', '.join(found)}, in columns {columns}")


def _bases(sizes: tuple[int, ...]) -> IntArray:
    return np.append(np.cumprod(sizes[:0:-1])[::-1], 1).astype(np.int64)
