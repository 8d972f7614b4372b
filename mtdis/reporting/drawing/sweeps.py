"""Scores along one field of the runs, a panel per key and dataset: what Figures 14 and 15 share."""

from collections.abc import Callable
from functools import partial
from typing import Any, Literal

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from mtdis.reporting.drawing.panels import (
    Layout,
    Panel,
    cells_of,
    draw_calibration,
    draw_diverged,
    draw_grid,
    mark_handles,
    nothing,
    score_label,
    spread_evenly,
)
from mtdis.reporting.drawing.style import LOST, MARKS, row_colour
from mtdis.reporting.labels import HEADLINE, row_label
from mtdis.reporting.published import scores as published
from mtdis.reporting.statistics import (
    CELL,
    along,
    headline_points,
    headline_rows,
    value_text,
    variant_text,
)
from mtdis.reporting.summaries.calibration import with_calibration
from mtdis.reporting.summaries.scores import headline_scores

Between = Literal["-", "none"]
EXTREMES = ("single_max", "single_min")


def draw_sweep(
    frame: pd.DataFrame, field: str, place: Callable[[Any], Any], words: str, between: Between
) -> Figure:
    """Draw mean, spread and seeds of every kind that reads a field, at each of its values.

    `field` is a column of the long table (`spec.tasks.count`), `place` the sort key of its values,
    `words` the name of the axis, `between` the line style from one value's mean to the next's
    ("none": values without an order).
    """
    panels, values = _panels(frame, field, words)
    texts = [value_text(value) for value in sorted(values, key=place)]
    rows = list(dict.fromkeys(row for panel in panels for row in panel.table["row"]))
    draw = partial(_draw_panel, texts=texts, rows=rows, between=between)
    lines = [
        Line2D([], [], color=row_colour(r), marker="s", linestyle=between, label=row_label(r))
        for r in rows
    ]
    handles = [*lines, *mark_handles(panels)]
    return draw_grid(panels, draw, handles, Layout(max(2.6, 0.9 + 0.55 * len(texts)), 2.0))


def _panels(frame: pd.DataFrame, field: str, words: str) -> tuple[list[Panel], set[Any]]:
    """A panel per key, dataset and choice of the other fields; and all values of the field."""
    found: dict[tuple[Any, ...], list[tuple[pd.DataFrame, pd.DataFrame]]] = {}
    values = set()
    scores = headline_scores(frame)
    for label, value, part in along(scores, field):
        values.add(value)
        whole = frame[frame["run"].isin(part["run"].unique())]
        table, points = (
            rows[~rows["row"].isin(EXTREMES)].assign(at=value_text(value))
            for rows in (with_calibration(headline_rows(part), whole), headline_points(part))
        )
        for key, dataset, lines in cells_of(table):
            seeds = points.merge(lines[CELL].head(1))
            found.setdefault((key, dataset, variant_text(label)), []).append((lines, seeds))
    if not found:
        raise nothing(f"scores of a kind that reads {field.removeprefix('spec.')}")
    datasets = published.dataset_order(scores)
    across = sorted(found, key=lambda name: datasets.index(name[1]))
    order = [name for pair in HEADLINE for name in across if name[0][:2] == pair]
    keys = [key for key, _, _ in found]
    return [
        Panel(
            key,
            (dataset, variant),
            score_label(key, keys),
            words,
            *map(pd.concat, zip(*found[key, dataset, variant], strict=True)),
        )
        for key, dataset, variant in order
    ], values


def _draw_panel(
    axes: Axes, panel: Panel, texts: list[str], rows: list[str], between: Between
) -> None:
    for number, row in enumerate(rows):
        beside = 0.5 * ((number + 0.5) / len(rows) - 0.5)
        _draw_row(
            axes, panel, row, {text: place + beside for place, text in enumerate(texts)}, between
        )
    labels = []
    for text in texts:  # the number of seeds; of several kinds, from the fewest to the most
        counts = panel.table.loc[panel.table["at"] == text, "n"]
        several = f"–{counts.max()}" if counts.nunique() > 1 else ""
        labels.append(f"{text}\n" + ("none" if counts.empty else f"n = {counts.min()}{several}"))
    axes.set_xticks(range(len(texts)), labels)
    axes.set_xlim(-0.5, len(texts) - 0.5)


def _draw_row(
    axes: Axes, panel: Panel, row: str, places: dict[str, float], between: Between
) -> None:
    lines = [line for line in panel.table.to_dict("records") if line["row"] == row]
    for line in lines:
        if line["diverged"]:
            _draw_lost(axes, places[line["at"]], line["diverged"])
    share = 1 / panel.table["row"].nunique()
    for line in lines:
        draw_calibration(axes, places[line["at"]] + 0.2 * share, 0.12 * share, line)
    kept = sorted((line for line in lines if line["n"]), key=lambda line: places[line["at"]])
    x, colour = [places[line["at"]] for line in kept], row_colour(row)
    axes.plot(
        x,
        [line["mean"] for line in kept],
        color=colour,
        marker="s",
        markersize=5,
        linestyle=between,
    )
    several = [line for line in kept if line["n"] > 1]
    at = [places[line["at"]] for line in several]
    means, sds = ([line[name] for line in several] for name in ("mean", "sd"))
    axes.errorbar(at, means, yerr=sds, color=colour, linestyle="none", linewidth=1.2, capsize=3)
    points = panel.points[(panel.points["row"] == row) & panel.points["value"].notna()]
    for text, seeds in points.groupby("at")["value"]:
        axes.plot(
            spread_evenly(places[str(text)], seeds, 0.2),
            seeds,
            **MARKS["seed"][1],
            zorder=3,
            clip_on=False,
        )


def _draw_lost(axes: Axes, x: float, count: int) -> None:
    draw_diverged(axes, x)
    # Beside the cross and not above it, where titles stand.
    axes.annotate(
        f"{count}",
        (x, 0.96),
        xycoords=axes.get_xaxis_transform(),
        xytext=(4, 0),
        textcoords="offset points",
        ha="left",
        va="center",
        fontsize=7,
        color=LOST,
    )
