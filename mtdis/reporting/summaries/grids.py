"""Scores and R² where two swept fields cross: the cells of a heat map."""

from typing import NamedTuple

import pandas as pd

from mtdis.reporting.labels import HEADLINE, row_places
from mtdis.reporting.published import scores as published
from mtdis.reporting.statistics import (
    CELL,
    headline_points,
    in_order,
    summarise,
    swept,
    value_text,
    variant_text,
    variants,
)
from mtdis.reporting.summaries.losses import own_fits
from mtdis.reporting.summaries.scores import headline_scores

R2 = ("r2", "test")
EXTREMES = ["single_max", "single_min"]


class Axis(NamedTuple):
    """A swept field, and the others that change with it."""

    field: str
    others: list[str]


def two_fields(runs: pd.DataFrame) -> list[Axis]:
    """The two swept fields with the most values, the first with more; fewer where fewer vary."""
    groups = sorted(swept(runs), key=lambda group: -runs[group[0]].nunique())
    return [Axis(field, others) for field, *others in groups[:2]]


def grid_lines(runs: pd.DataFrame, across: Axis, up: Axis) -> pd.DataFrame:
    """Per cell, kind, choice of the other fields (`column`) and value of both fields (`x` and `y`,
    as text) the mean over seeds, sd, n and what was lost; of kinds that read both.
    """
    read = runs[runs[across.field].notna() & runs[up.field].notna()]
    read = read.drop(columns=[*across.others, *up.others])
    parts = []
    for label, part in variants(read):
        values = {name: label.get(name, part[name].iloc[0]) for name in (across.field, up.field)}
        rest = {name: value for name, value in label.items() if name not in values}
        x, y = map(value_text, values.values())
        parts.append(_lines(part).assign(x=x, y=y, column=variant_text(rest)))
    lines = pd.concat(parts) if parts else _lines(read).assign(x="", y="", column="")
    return _ordered(lines, runs)


def _lines(part: pd.DataFrame) -> pd.DataFrame:
    points = headline_points(headline_scores(part))
    fits = own_fits(part)
    columns = [*CELL, "row", "seed", "value", "diverged"]
    both = pd.concat([points.loc[~points["row"].isin(EXTREMES), columns], fits[columns]])
    return summarise(both, [*CELL, "row"])


def _ordered(lines: pd.DataFrame, runs: pd.DataFrame) -> pd.DataFrame:
    names = ["metric", "key"]
    keys = {pair: place for place, pair in enumerate([*HEADLINE, R2])}
    places = {
        "dataset": {name: place for place, name in enumerate(published.dataset_order(runs))},
        "row": row_places(),
    }
    ranked = lines.assign(
        place=[keys.get(pair, 99) for pair in lines[names].itertuples(index=False, name=None)]
    )
    by = ["place", "settings", "row", "dataset", "column"]
    return in_order(ranked, by, places).drop(columns="place")
