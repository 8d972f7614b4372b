"""The values that claims compare: of the long table the cells of a family, paired by seed."""

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import pandas as pd

from mtdis.reporting.labels import HEADLINE, shown
from mtdis.reporting.statistics import (
    CELL,
    Label,
    along,
    headline_points,
    of_runs,
    per_network,
    summarise,
    value_text,
    variant_text,
)
from mtdis.reporting.statistics.resampling import Table
from mtdis.specs.claim import Claim

Cell = tuple[str, str, str, str]
"""Dataset, metric, key and settings."""
HEADS, FIT = "heads", ("r2", "test")
"""The stage whose errors say whether codes help, and the measure that is compared."""
HEAD_SEED = "stage.seed"


def keys_of(claim: Claim) -> list[tuple[str, str]]:
    """The (metric, key) of a claim's family."""
    named = [tuple(key.split(".", 1)) for key in claim.keys]
    return [(metric, key) for metric, key in named] or list(HEADLINE)


def scores_of(frame: pd.DataFrame, claim: Claim) -> pd.DataFrame:
    """The rows of the long table about runs and the keys of a claim's family."""
    rows = of_runs(frame)
    names = pd.MultiIndex.from_frame(rows[["metric", "key"]])
    return rows[names.isin(keys_of(claim))]


def row_of(kind: str) -> str:
    """The row that a kind is compared by: of single tasks their mean."""
    return "single_mean" if kind == "single_task" else kind


def cells_in(index: "pd.Index[Any]", *others: str) -> pd.MultiIndex:
    """The cells of an index, each once, in their order, without its `others`."""
    assert isinstance(index, pd.MultiIndex)
    kept = [name for name in index.names if name not in others]
    return pd.MultiIndex.from_frame(index.to_frame(index=False)[kept].drop_duplicates())


def directions(cells: Iterable[Any]) -> Table:
    """Per cell 1 where more is better, -1 where less is."""
    signs = [-1.0 if shown(cell[1], cell[2]).best == "lowest" else 1.0 for cell in cells]
    return np.array(signs)


def points_of(part: pd.DataFrame, transform: str = "none") -> pd.DataFrame:
    """Per cell, row of Table 5 and seed the value of codes as they are or transformed."""
    chosen = part[part["transform"].eq(transform) & part["draw"].eq(0)]
    return headline_points(chosen.assign(transform="none"))


def networks_of(part: pd.DataFrame, kinds: Iterable[str]) -> pd.DataFrame:
    """One row per cell and network of these kinds, the codes being as they are."""
    return per_network(part[part["kind"].isin(list(kinds))])


def lost_of(part: pd.DataFrame, kinds: Iterable[str]) -> pd.DataFrame:
    """Per cell the networks of these kinds that diverged or failed."""
    counted = summarise(networks_of(part, kinds), CELL)
    return counted.set_index(CELL)[["diverged", "failed"]]


def wide(values: pd.DataFrame, columns: list[str]) -> pd.DataFrame:
    """Values as seeds × columns, both sorted; missing where a seed has none."""
    table = values.pivot(index="seed", columns=columns, values="value")
    return table.sort_index().sort_index(axis=1)


def columns_along(
    scores: pd.DataFrame, claim: Claim
) -> Iterator[tuple[Label, list[Any], pd.DataFrame]]:
    """Per choice of the other fields: its label, the values of the claim's field in their order,
    and the points of the kind with `column`, the value's place among them.
    """
    found: dict[str, tuple[Label, list[tuple[Any, pd.DataFrame]]]] = {}
    own = scores[scores["kind"].eq(claim.kind)]
    for label, value, part in along(own, f"spec.{claim.field}"):
        _, parts = found.setdefault(variant_text(label), (label, []))
        parts.append((value, points_of(part)))
    for label, parts in found.values():
        parts.sort(key=lambda pair: _order(pair[0], claim.reference))
        points = [each.assign(column=place) for place, (_, each) in enumerate(parts)]
        yield label, [value_text(value) for value, _ in parts], pd.concat(points)


def block_array(points: pd.DataFrame) -> tuple[pd.DataFrame, Table]:
    """The points as seeds × (cell, column), and as an array of seeds × columns × cells."""
    table = wide(points, [*CELL, "column"])
    columns = sorted(points["column"].unique())
    cells = cells_in(table.columns, "column")
    whole = pd.MultiIndex.from_tuples([(*cell, c) for cell in cells for c in columns])
    table = table.reindex(columns=whole.set_names([*CELL, "column"]))
    array = table.to_numpy(dtype=np.float64).reshape(len(table), len(cells), len(columns))
    return table, array.transpose(0, 2, 1)


def heads_of(frame: pd.DataFrame, kinds: Iterable[str]) -> pd.DataFrame:
    """Per dataset, kind and seed of the encoder: R² of heads on frozen codes, the mean over tasks
    and seeds of the heads.

    Empty without any; ValueError for heads of several settings.
    """
    if HEAD_SEED not in frame.columns:
        frame = frame.head(0).assign(**{HEAD_SEED: None})
    rows = frame[frame["stage"].eq(HEADS) & frame["kind"].isin(list(kinds))]
    rows = rows[rows["metric"].eq(FIT[0]) & rows["key"].eq(FIT[1]) & rows[HEAD_SEED].notna()]
    settings = [c for c in rows.columns if c.startswith(("stage.", "spec."))]
    settings = [c for c in settings if c not in (HEAD_SEED, "spec.seed")]
    if rows.groupby("kind")[settings].nunique().gt(1).any(axis=None):
        raise ValueError("heads of several settings")
    means = summarise(rows.assign(settings=""), [*CELL, "kind", "seed"])
    complete = means["diverged"].eq(0) & means["failed"].eq(0)
    return means[[*CELL, "kind", "seed"]].assign(
        row=means["kind"], value=means["mean"].where(complete), diverged=means["diverged"].gt(0)
    )


def _order(value: Any, reference: str) -> tuple[bool, int, float, str]:
    number = isinstance(value, int | float)
    text = value_text(value)
    return text != reference, not number, float(value) if number else 0.0, text
