"""Are the axes of the codes above chance? Scores against those of rotations of the same codes."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from mtdis.reporting.claims import families
from mtdis.reporting.claims.values import Cell, cells_in
from mtdis.reporting.statistics import CELL
from mtdis.reporting.statistics.calibrated import mean_deviations

MAPS = ("whitened", "standardised")
"""The maps of codes with a null of their own: the larger p counts, for each alone is exact in some
cases only.
"""
NETWORK = ["run", "network", "seed"]


def rotated(scores: pd.DataFrame, nulls: pd.DataFrame, kind: str, transform: str) -> pd.DataFrame:
    """The scores of a kind's mapped codes, (cell, network) × rotation, the codes as they are being
    rotation 0; those of several metric seeds averaged.

    `nulls` has the rows of the rotations, in the columns of the long table, `draw` from 1.
    """
    rows = [
        rows.loc[
            rows["kind"].eq(kind) & rows["transform"].eq(transform) & rows["value"].notna(),
            [*CELL, *NETWORK, "draw", "value"],
        ]
        for rows in (scores[scores["draw"].eq(0)], nulls[nulls["run"].isin(scores["run"])])
    ]
    both = pd.concat(rows).sort_values("value")
    table = both.pivot_table(index=[*CELL, *NETWORK], columns="draw", values="value")
    return table[table[0].notna()] if 0 in table.columns else table.head(0)


def alignment(
    scores: pd.DataFrame, nulls: pd.DataFrame, kind: str, signs: Mapping[Cell, float]
) -> pd.DataFrame:
    """Per calibrated cell of a kind the columns of `families.COLUMNS`, of both maps the larger p.

    `signs` are per cell 1 where more is better, -1 where less is.
    """
    found = []
    for transform in MAPS:
        table = rotated(scores, nulls, kind, transform)
        tables = {
            cell: _null_table(table.loc[cell], signs[cell])
            for cell in cells_in(table.index, *NETWORK)
        }
        drawn = {cell: null for cell, null in tables.items() if len(null) > 1}
        if drawn:
            found.append(families.rotations(drawn))
    if not found:
        return pd.DataFrame(columns=families.COLUMNS)
    # of each column the larger: p-values, and the least that they could be
    numbers = [name for name in families.COLUMNS if name != "adjustment"]
    both = pd.concat(found)
    largest = both.groupby(level=CELL)[numbers].max()
    return largest.assign(adjustment=families.STEP_DOWN)[families.COLUMNS]


def above_null(scores: pd.DataFrame, nulls: pd.DataFrame, kind: str) -> pd.DataFrame:
    """Per cell and seed how far scores are above the mean of their rotations (column 0), and the
    rotations themselves (columns 1 to K); of the white codes where there are such.
    """
    for transform in MAPS:
        table = rotated(scores, nulls, kind, transform)
        if len(table) and table.shape[1] > 1:
            centred = table.sub(table.drop(columns=0).mean(axis=1), axis=0)
            return centred.groupby(level=[*CELL, "seed"]).mean()
    return table


def null_band(above: pd.DataFrame) -> pd.DataFrame:
    """Per cell of `above_null` the 5 % and 95 % quantiles of the rotations' mean over seeds."""
    rotations = above.drop(columns=0).groupby(level=CELL).mean()
    bounds = [rotations.quantile(share, axis=1) for share in (0.05, 0.95)]
    return pd.concat(bounds, axis=1, keys=["null_low", "null_high"])


def _null_table(group: pd.DataFrame, sign: float) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """The mean deviation per rotation that all networks of a cell have, the codes as they are being
    first.
    """
    scores = sign * group.dropna(axis=1).sort_index(axis=1).to_numpy(dtype=np.float64)
    seeds = group.index.get_level_values("seed").to_numpy(dtype=np.int64)
    deviations: np.ndarray[tuple[int], np.dtype[np.float64]] = mean_deviations(scores, seeds)
    return deviations
