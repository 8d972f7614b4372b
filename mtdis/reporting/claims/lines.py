"""What every claim's lines share: the differences with their intervals, and what was lost."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from mtdis.randomness import generator
from mtdis.reporting.claims.alignment import alignment
from mtdis.reporting.claims.values import directions, lost_of, wide
from mtdis.reporting.statistics import CELL, Label, summarise
from mtdis.reporting.statistics.intervals import bca, inverted_sign_flip
from mtdis.reporting.statistics.resampling import probability_of_improvement
from mtdis.specs.claim import Claim

Found = Iterator[tuple[Label, pd.DataFrame]]
"""The lines of a claim per choice of the variant fields."""


class Asked(NamedTuple):
    """A claim with its name, the long table, and the scores of rotated codes (empty: none)."""

    name: str
    claim: Claim
    frame: pd.DataFrame
    nulls: pd.DataFrame

    @property
    def rng(self) -> np.random.Generator:
        """The randomness of the claim's tests and intervals: the same each time."""
        return generator(0, "claims", self.name)


def lines_of(matrix: pd.DataFrame, tested: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Per cell of the differences (seeds × cells): n, mean, sd, the intervals, and the test."""
    bounds = []
    for cell in matrix.columns:
        pairs = matrix[cell].dropna().to_numpy(dtype=np.float64)
        low, high, level = inverted_sign_flip(pairs, rng)
        bca_low, bca_high, _ = bca(pairs, rng)
        bounds.append({"low": low, "high": high, "level": level}
            | {"bca_low": bca_low, "bca_high": bca_high})  # fmt: skip
    long = matrix.melt().assign(diverged=False)
    numbers = summarise(long, CELL).set_index(CELL)[["mean", "sd", "n"]]
    intervals = pd.DataFrame(bounds, index=matrix.columns)
    return numbers.join(intervals).join(tested).reindex(matrix.columns)


def with_alignment(lines: pd.DataFrame, part: pd.DataFrame, asked: Asked) -> pd.DataFrame:
    """The lines with the adjusted p of the kind's axes, where its codes were calibrated: of several
    settings of a metric, as of fewer rows, the largest.
    """
    if asked.nulls.empty:
        return lines.assign(aligned_p=np.nan)
    found = aligned(part, asked.nulls, asked.claim.kind)
    largest: dict[Any, float] = {}
    for cell, p in zip(list(found.index), found["adjusted_p"], strict=True):
        largest[cell[:-1]] = max(p, largest.get(cell[:-1], 0.0))
    return lines.assign(aligned_p=[largest.get(cell[:-1], np.nan) for cell in lines.index])


def aligned(part: pd.DataFrame, nulls: pd.DataFrame, kind: str) -> pd.DataFrame:
    """`alignment` of the scores of one variant; empty without calibration."""
    cells = list(part[CELL].drop_duplicates().itertuples(index=False, name=None))
    signs = dict(zip(cells, directions(cells), strict=True))
    return alignment(part, nulls if len(nulls) else part.head(0), kind, signs)


def counted(lines: pd.DataFrame, part: pd.DataFrame, kinds: tuple[str, ...]) -> pd.DataFrame:
    """The lines with the networks of these kinds that diverged or failed."""
    return lines.assign(**lost_of(part, kinds).reindex(lines.index))


def improvement(ours: pd.DataFrame, theirs: pd.DataFrame) -> "pd.Series[float]":
    """Per cell the chance that a seed of ours is better than one of theirs."""
    found = {}
    for cell, sign in zip(ours.columns, directions(ours.columns), strict=True):
        both = (
            sign * values[cell].dropna().to_numpy(dtype=np.float64)
            if cell in values
            else np.array([])
            for values in (ours, theirs)
        )
        found[cell] = probability_of_improvement(*both)
    return pd.Series(found, dtype="float64").rename_axis(CELL)


def row_values(points: pd.DataFrame, row: str) -> pd.DataFrame:
    """The values of a row as seeds × cells."""
    return wide(points[points["row"].eq(row)], CELL)
