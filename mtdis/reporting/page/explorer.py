"""Every score of every run as rows: dimensions that vary, then losses, scores and what calibration
says of them.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from mtdis.randomness import generator
from mtdis.reporting.labels import (
    HEADLINE,
    LOSSES,
    dataset_label,
    field_label,
    in_words,
    row_label,
    row_place,
    shown,
)
from mtdis.reporting.long_table import unlike_metric
from mtdis.reporting.published import scores as published
from mtdis.reporting.statistics import (
    complete_means,
    none_said,
    of_runs,
    per_network,
    value_text,
    variant_fields,
)
from mtdis.reporting.summaries.calibration import calibrated_networks
from mtdis.reporting.summaries.losses import losses_on_test, on_own_tasks

SAID: Mapping[str, Callable[[Any], str]] = {"kind": row_label, "dataset": dataset_label}
"""How the values of a dimension are written; others as text."""
MOST_ROWS = 10_000
"""Rows that a page holds; of more whole runs are drawn."""
NETWORK = ["run", "network"]
SCORE = ["metric", "key", "settings"]
Cell = tuple[str, str, str]
BANDS = {"low": "null_q05", "high": "null_q95", "ceiling": "oriented", "p": "p"}
"""Name on the page → column of `calibrated_networks`."""
DIGITS = 5
"""Significant digits of a value on the page."""


class Dimension(NamedTuple):
    """A column that says which run a row is of, with its values in order."""

    name: str
    label: str
    values: list[str]
    ordered: bool
    """True for numbers, which lines may join."""


class Score(NamedTuple):
    """A column of values; `bands` are the places of columns of null and ceiling, if calibrated."""

    label: str
    decimals: int
    best: str
    bands: dict[str, int]


class Explorer(NamedTuple):
    """The rows of a study: dimensions as places among their values (None: not read), then values.

    Columns of bands follow those of scores.
    """

    dimensions: list[Dimension]
    scores: list[Score]
    rows: list[list[Any]]
    runs: list[str]
    """Per row the id of its run."""
    states: list[str]
    """Per row what became of its network: empty, `diverged` or `failed`."""
    drawn: str
    """What was left out, in words; empty where nothing was."""
    experiments: list[str]
    wanted: list[list[int]]
    """Per row the places of the experiments that want its run."""


def explorer(
    frame: pd.DataFrame, first: Iterable[str] = (), most: int = MOST_ROWS
) -> Explorer | None:
    """The rows of a study's long table, a row per network of a run; None if it has none.

    Of more than `most` rows whole runs are drawn, those of `first` before others.
    """
    runs = of_runs(frame)
    networks = runs.drop_duplicates(NETWORK)
    if networks.empty:
        return None
    networks, drawn = _drawn(networks, set(first), most)
    runs = runs[runs["run"].isin(networks["run"].unique())]
    dimensions = {name: field_label(name) for name in _varying(runs)}
    networks = none_said(networks, [n for n in dimensions if n.startswith("spec.")])
    networks = _ordered(networks, list(dimensions))
    values, scores = _values(runs, networks)
    found = [_dimension(networks, name, label) for name, label in dimensions.items()]
    places = (
        np.column_stack([place for _, place in found]) if found else np.empty((len(networks), 0))
    )
    rows = [
        [*(None if place < 0 else int(place) for place in left), *map(_short, right)]
        for left, right in zip(places, values.to_numpy(dtype=np.float64), strict=True)
    ]
    wanted_by = runs["experiment"].unique()  # in the order of the config
    experiments = list(dict.fromkeys(e for each in wanted_by for e in each.split(";")))
    return Explorer(
        dimensions=[dimension for dimension, _ in found],
        scores=scores,
        rows=rows,
        runs=[str(run) for run in networks["run"]],
        states=_states(runs, networks),
        drawn=drawn,
        experiments=experiments,
        wanted=[[experiments.index(e) for e in each.split(";")] for each in networks["experiment"]],
    )


def _drawn(networks: pd.DataFrame, first: set[str], most: int) -> tuple[pd.DataFrame, str]:
    """The networks of as many runs as fit, and what was left out in words."""
    if len(networks) <= most:
        return networks, ""
    counts = networks.groupby("run").size()
    order = counts.iloc[generator(0, "page", "runs").permutation(len(counts))]
    order = order.loc[sorted(order.index, key=lambda run: run not in first)]
    kept = order.index[order.cumsum() <= most]
    words = (
        f"{len(kept):,} of {len(counts):,} runs are on this page, drawn at random; tables/long.csv"
        " has all."
    )
    return networks[networks["run"].isin(kept)], words


def _varying(runs: pd.DataFrame) -> list[str]:
    """The columns in which networks differ: what tells runs apart first, the seed last."""
    about = [name for name in ("dataset", "kind") if runs[name].nunique() > 1]
    last = [name for name in ("network", "seed") if runs[name].nunique() > 1]
    return [*about, *variant_fields(runs), *last]


def _ordered(networks: pd.DataFrame, dimensions: list[str]) -> pd.DataFrame:
    """The networks in the order of datasets and kinds, then of the dimensions' values."""
    datasets = published.dataset_order(networks)
    keys = networks[[*dimensions, "run"]].map(_rank)
    keys = keys.assign(dataset=networks["dataset"].map(datasets.index))
    keys = keys.assign(kind=networks["kind"].map(row_place))
    by = dict.fromkeys(["dataset", "kind", *dimensions, "run"])
    return networks.loc[keys.sort_values(list(by), kind="stable").index]


def _rank(value: Any) -> tuple[int, float, str]:
    number = isinstance(value, int | float) and not pd.isna(value)
    return (0, float(value), "") if number else (1, 0.0, str(value))


def _dimension(networks: pd.DataFrame, name: str, label: str) -> tuple[Dimension, Any]:
    """A dimension, and per network the place of its value, -1 where it has none."""
    column = networks[name]
    values = column.dropna().drop_duplicates().tolist()
    if name == "kind":
        values.sort(key=row_place)
    elif name == "dataset":
        known = published.dataset_order(networks)
        values.sort(key=known.index)
    else:
        values.sort(key=_rank)
    places = column.map({value: place for place, value in enumerate(values)}).fillna(-1)
    said = SAID.get(name, value_text)
    texts = [said(v) for v in values]
    ordered = bool(values) and all(isinstance(v, int | float) for v in values)
    return Dimension(name, label, texts, ordered), places.to_numpy(dtype=np.int64)


def _values(runs: pd.DataFrame, networks: pd.DataFrame) -> tuple[pd.DataFrame, list[Score]]:
    """A row per network, a column per score, then those of bands; and what is said of scores."""
    scored = pd.concat([_losses(runs), per_network(runs[~runs["metric"].eq("codes")])])
    wide = scored.set_index([*NETWORK, *SCORE])["value"].unstack(SCORE)
    columns: list[Any] = list(wide.columns)
    there: list[Cell] = [cell for cell in columns if wide[cell].notna().any()]
    cells = sorted((cell for cell in there if _is_score(cell)), key=_place)
    parts, scores, width = [wide[cells]], [], len(cells)
    bands = _bands(runs)
    for cell in cells:
        ends = bands.get(cell, pd.DataFrame())
        scores.append(_score(cell, {str(n): width + p for p, n in enumerate(ends.columns)}))
        parts += [ends] if len(ends) else []
        width += len(ends.columns)
    plain = [part.set_axis(range(part.shape[1]), axis=1) for part in parts]
    index = pd.MultiIndex.from_frame(networks[NETWORK])
    return pd.concat(plain, axis=1).reindex(index), scores


def _score(cell: Cell, bands: dict[str, int]) -> Score:
    about, other = shown(*cell[:2]), unlike_metric(cell[2], cell[0])
    label = f"{about.label} ({in_words(other)})" if other else about.label
    return Score(label, about.decimals, about.best, bands)


def _is_score(cell: Cell) -> bool:
    return not cell[0].endswith("_calibrated")


def _place(cell: Cell) -> tuple[int, str, str, str]:
    order = [*HEADLINE, *reversed(LOSSES)]
    return (order.index(cell[:2]) if cell[:2] in order else len(order), *cell)


def _losses(runs: pd.DataFrame) -> pd.DataFrame:
    """The losses of networks, means over the tasks that they learned."""
    own = on_own_tasks(losses_on_test(runs))
    return complete_means(own, [*NETWORK, *SCORE]) if len(own) else own


def _bands(runs: pd.DataFrame) -> dict[Cell, pd.DataFrame]:
    """Score → per network the null's low and high end, the ceiling and p, where calibrated."""
    if not runs["metric"].str.endswith("_calibrated").any():
        return {}
    found = calibrated_networks(runs).set_index(NETWORK)
    found = found.rename(columns={column: name for name, column in BANDS.items()})
    groups: Any = found.groupby(SCORE)[list(BANDS)]
    return {cell: part for cell, part in groups if part.notna().any(axis=None)}


def _states(runs: pd.DataFrame, networks: pd.DataFrame) -> list[str]:
    """Per network `diverged`, `failed` (a metric did), or nothing."""
    marked = runs.assign(failed=runs["error"].ne("")).groupby(NETWORK)[["diverged", "failed"]].any()
    each = marked.reindex(pd.MultiIndex.from_frame(networks[NETWORK]))
    return [
        "diverged" if diverged else "failed" if failed else ""
        for diverged, failed in zip(each["diverged"], each["failed"], strict=True)
    ]


def _short(value: float) -> float | None:
    return float(f"{value:.{DIGITS}g}") if np.isfinite(value) else None
