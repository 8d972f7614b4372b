"""The p-values of a family: each cell's own, adjusted for all, and the least that there can be."""

from collections.abc import Mapping
from math import ceil, factorial, log

import numpy as np
import pandas as pd

from mtdis.reporting.claims.values import Cell, cells_in
from mtdis.reporting.claims.verdicts import LEVEL
from mtdis.reporting.statistics import CELL
from mtdis.reporting.statistics.blocks import block_permutations, friedman_table, page_table
from mtdis.reporting.statistics.resampling import (
    DRAWS,
    EXACT_PAIRS,
    Table,
    holm,
    intersection_union,
    p_values,
    pairs_needed,
    sign_flip_table,
    sign_flips,
    smallest_p,
    step_down,
)

STEP_DOWN = "Westfall-Young"
COLUMNS = ["p", "adjusted_p", "holm_p", "adjustment", "smallest_p", "family", "needed"]
"""`family` counts the cells corrected for, `needed` what would do for the least p of them all."""


def counted_once(columns: Mapping[Cell, Table]) -> dict[Cell, Cell]:
    """Each cell → the first one of its dataset and score that has the same values, itself if none.

    For scores of mapped codes, which settings of a metric may score alike by construction: on codes
    of unit variance FactorVAE's threshold is the same with and without their scale. The values of
    codes as they are may be equal by chance and stay apart.
    """
    firsts: dict[Cell, Cell] = {}
    for cell, values in columns.items():
        same = (
            first
            for first in firsts.values()
            if first[:-1] == cell[:-1]
            and np.isfinite(values).any()
            and np.array_equal(columns[first], values, equal_nan=True)
        )
        firsts[cell] = next(same, cell)
    return firsts


def of_each(lines: pd.DataFrame, firsts: Mapping[Cell, Cell]) -> pd.DataFrame:
    """The lines of tests that were counted once, for every cell."""
    cells = pd.MultiIndex.from_tuples(list(firsts), names=CELL)
    return lines.loc[list(firsts.values())].set_axis(cells)


def paired(differences: pd.DataFrame, two_sided: bool, rng: np.random.Generator) -> pd.DataFrame:
    """The sign-flip test of differences (seeds × cells) in which more speaks for the claim, flips
    being shared by all cells.
    """
    values = differences.to_numpy(dtype=np.float64)
    table = sign_flip_table(values, sign_flips(len(values), rng))
    table = np.abs(table) if two_sided else table
    counts = np.isfinite(values).sum(axis=0)
    least = np.array([_least(n, two_sided) for n in counts])
    needed = pairs_needed(len(counts), LEVEL, two_sided)
    lines = _lines(differences.columns, p_values(table), step_down(table), least, needed)
    return _without_the_lost(lines, counts)


def every(differences: pd.DataFrame, others: str, rng: np.random.Generator) -> pd.DataFrame:
    """Per cell the test that all its columns are above nought: the largest p of their sign-flips.

    `others` is the level of the columns that tells those of a cell apart. All columns are stepped
    down together: to reject a cell is to reject all of its columns.
    """
    one_by_one = paired(differences, two_sided=False, rng=rng)
    largest = [
        (
            *[intersection_union(of_cell[c].to_numpy()) for c in ("p", "adjusted_p", "holm_p")],
            *(STEP_DOWN, of_cell["smallest_p"].max()),
        )
        for cell in cells_in(differences.columns, others)
        for of_cell in [one_by_one.loc[cell].dropna(subset="p")]
    ]
    cells = cells_in(differences.columns, others)
    lines = pd.DataFrame(largest, cells, COLUMNS[:5])
    return lines.assign(family=len(cells), needed=pairs_needed(len(cells), LEVEL))


def trend(
    blocks: Table, cells: pd.Index, rng: np.random.Generator, ordered: bool = True
) -> pd.DataFrame:
    """Page's test for a rise along columns (`ordered`), or Friedman's for any difference, of values
    (seeds × columns × cells), permutations within seeds being shared by all cells.
    """
    ways = block_permutations(blocks.shape[0], blocks.shape[1], rng)
    table = (page_table if ordered else friedman_table)(blocks, ways)
    counts = np.isfinite(blocks).any(axis=1).sum(axis=0)
    per_block = factorial(blocks.shape[1])
    # Friedman's statistic stays the same when all blocks are permuted alike
    free = 0 if ordered else 1
    least = np.array([max(per_block ** -float(max(n - free, 0)), 1 / len(ways)) for n in counts])
    needed = ceil(log(len(cells) / LEVEL) / log(per_block)) + free
    lines = _lines(cells, p_values(table), step_down(table), least, needed)
    return _without_the_lost(lines, counts)


def rotations(tables: Mapping[Cell, Table]) -> pd.DataFrame:
    """The test of each cell against rotations; a table holds a statistic per rotation, the codes as
    they are being first.

    Cells of equally many rotations are adjusted together, then for the number of such groups.
    Cells of equal tables are one test.
    """
    firsts = counted_once(tables)
    tables = {cell: tables[cell] for cell in dict.fromkeys(firsts.values())}
    sizes = sorted({len(table) for table in tables.values()})
    needed = ceil(len(tables) / LEVEL) - 1
    parts = []
    for size in sizes:
        alike = [cell for cell, table in tables.items() if len(table) == size]
        table = np.column_stack([tables[cell] for cell in alike])
        adjusted = np.minimum(1.0, step_down(table) * len(sizes))
        cells = pd.MultiIndex.from_tuples(alike, names=CELL)
        parts.append(
            _lines(cells, p_values(table), adjusted, np.full(len(alike), 1 / size), needed)
        )
    lines = pd.concat(parts).sort_index()
    lines = lines.assign(holm_p=holm(lines["p"].to_numpy(dtype=np.float64)), family=len(tables))
    return of_each(lines, firsts)


def _least(pairs: int, two_sided: bool) -> float:
    """The smallest p-value of this many pairs: of many, that of the flips drawn."""
    return smallest_p(pairs, two_sided) if pairs <= EXACT_PAIRS else 1 / (DRAWS + 1)


def _lines(cells: pd.Index, p: Table, adjusted: Table, least: Table, needed: int) -> pd.DataFrame:
    columns = (p, adjusted, holm(p), STEP_DOWN, least, len(cells), needed)
    return pd.DataFrame(dict(zip(COLUMNS, columns, strict=True)), index=cells)


def _without_the_lost(lines: pd.DataFrame, counts: Table) -> pd.DataFrame:
    """No p-value for cells without any pair, which stay in the family."""
    lines.loc[counts == 0, ["p", "adjusted_p", "holm_p"]] = np.nan
    return lines
