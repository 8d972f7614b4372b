"""Tests within blocks: a trend along ordered columns, and any difference between columns.

Blocks are seeds, columns the values of a field. The null: within a block, the columns' values are
exchangeable. What is missing counts as the middle of its block.
"""

from itertools import permutations, product
from math import factorial

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from mtdis.reporting.statistics.resampling import DRAWS, Table

EXACT = 20_000
"""Permutations of all blocks together that are enumerated; of more, DRAWS are drawn."""


def block_permutations(blocks: int, columns: int, rng: np.random.Generator) -> NDArray[np.intp]:
    """All ways to permute columns within each block (ways × blocks × columns), the identity first,
    or DRAWS random ones.
    """
    if factorial(columns) ** blocks <= EXACT:
        ways = list(permutations(range(columns)))
        return np.array(list(product(ways, repeat=blocks)), dtype=np.intp)
    identity = np.broadcast_to(np.arange(columns), (1, blocks, columns))
    drawn = rng.permuted(np.broadcast_to(identity, (DRAWS, blocks, columns)), axis=2)
    return np.concatenate([identity, drawn])


def centred_ranks(values: Table) -> Table:
    """The ranks of values (blocks × columns × cells) within their block, less their mean: 0 for
    what is missing.
    """
    ranks = stats.rankdata(values, axis=1, nan_policy="omit")
    known = np.isfinite(values).sum(axis=1, keepdims=True)
    centred: Table = np.nan_to_num(ranks - (known + 1) / 2)
    return centred


def page_table(values: Table, ways: NDArray[np.intp]) -> Table:
    """The null table of Page's L for values (blocks × columns × cells): large where they rise.

    L less its mean under the null, over its standard deviation there (Page 1963).
    """
    ranks = centred_ranks(values)
    columns = ranks.shape[1]
    places = np.arange(columns) - (columns - 1) / 2
    square = np.square(ranks).sum(axis=(0, 1)) * np.square(places).sum() / (columns - 1)
    trends = np.einsum("j,rjc->rc", places, _column_sums(ranks, ways))
    return _over(trends, np.sqrt(square))


def friedman_table(values: Table, ways: NDArray[np.intp]) -> Table:
    """The null table of Friedman's statistic for values (blocks × columns × cells): large where
    columns differ.
    """
    ranks = centred_ranks(values)
    spread = np.square(ranks).sum(axis=(0, 1)) / (ranks.shape[1] - 1)
    return _over(np.square(_column_sums(ranks, ways)).sum(axis=1), spread)


def _column_sums(ranks: Table, ways: NDArray[np.intp]) -> Table:
    """Of each way the sums of the columns over blocks (ways × columns × cells)."""
    sums: Table = sum(ranks[block][ways[:, block]] for block in range(len(ranks)))
    return sums


def _over(statistics: Table, spread: Table) -> Table:
    """The statistics in their spread; nought in cells in which all values are equal."""
    scaled: Table = statistics / np.where(spread > 0, spread, 1.0)
    return scaled
