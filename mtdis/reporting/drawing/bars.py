"""Bars of the rows of Table 5, a panel per key and dataset: what Figures 3 and 4 share, and Figure
13's totals.
"""

from collections.abc import Sequence
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from mtdis.reporting.drawing.panels import (
    Handle,
    Layout,
    Panel,
    cells_of,
    draw_calibration,
    draw_diverged,
    draw_grid,
    draw_lost,
    draw_published,
    lost_words,
    mark_handles,
    nothing,
    score_label,
    spread_evenly,
)
from mtdis.reporting.drawing.style import BLACK, MARKS, row_colour
from mtdis.reporting.labels import kind_of, row_label
from mtdis.reporting.statistics import headline_points, variant_text, variants
from mtdis.reporting.summaries.calibration import with_calibration
from mtdis.reporting.summaries.scores import headline_scores, score_table

EXTREMES = ("single_max", "single_min")
TICKS = "kind, n seeds"


def draw_bars(frame: pd.DataFrame, rows: Sequence[str]) -> Figure:
    """Draw a bar for each of these rows that the experiment has: seeds, spread, n, and the
    published value.
    """
    panels = _panels(frame, rows)
    handles = [*bar_handles(panels), *mark_handles(panels, EXTREMES)]
    return draw_grid(panels, draw_panel, handles, Layout(bars_width(panels), bars_height(panels)))


def bars_width(panels: Sequence[Panel]) -> float:
    """Inches that the panel with most bars needs."""
    return 0.8 + 0.75 * max(int(panel.table["row"].map(_is_bar).sum()) for panel in panels)


def bars_height(panels: Sequence[Panel]) -> float:
    """Inches that a panel with the longest words below its bars needs."""
    bars = [
        line for panel in panels for line in panel.table.to_dict("records") if _is_bar(line["row"])
    ]
    return 1.4 + 0.17 * max(_tick(line).count("\n") + 1 for line in bars)


def bar_handles(panels: Sequence[Panel]) -> list[Handle]:
    """The legend of the bars' colours."""
    table = pd.concat([panel.table for panel in panels])
    rows = [row for row in table["row"].unique() if _is_bar(row)]
    return [Patch(color=row_colour(row), label=row_label(row)) for row in rows]


def draw_panel(axes: Axes, panel: Panel) -> None:
    """Draw the bars of a panel; its best and worst single task as triangles beside their mean."""
    lines = panel.table.to_dict("records")
    bars = [line for line in lines if _is_bar(line["row"])]
    for place, line in enumerate(bars):
        _draw_bar(axes, place, line, panel.points)
        draw_published(axes, place + 0.38, line)
        draw_calibration(axes, place + 0.21, 0.1, line)
    for line in lines:
        if not _is_bar(line["row"]) and line["n"]:
            single = next(place for place, bar in enumerate(bars) if bar["row"] == "single_mean")
            beside = single - (0.45 if line["row"] == "single_max" else 0.35)
            axes.plot(beside, line["mean"], **MARKS[line["row"]][1], clip_on=False)
    axes.set_xticks(range(len(bars)), [_tick(line) for line in bars])
    axes.set_xlim(-0.6, len(bars) - 0.4)


def _panels(frame: pd.DataFrame, rows: Sequence[str]) -> list[Panel]:
    found = []
    for label, part in variants(headline_scores(frame)):
        whole = frame[frame["run"].isin(part["run"].unique())]
        lines = with_calibration(score_table(part, "5"), whole)
        table, points = (f[f["row"].isin(rows)] for f in (lines, headline_points(part)))
        for key, dataset, lines in cells_of(table):
            seeds = points.merge(lines[["dataset", "metric", "key", "settings"]].head(1))
            found.append(Panel(key, (dataset, variant_text(label)), "", TICKS, lines, seeds))
    if not found:
        raise nothing(f"scores of the rows {', '.join(rows)}")
    keys = [panel.key for panel in found]
    seeds_of = {key: list[float]() for key in keys}
    for panel in found:
        seeds_of[panel.key] += panel.points["value"].tolist()
    labels = {key: score_label(key, keys, values) for key, values in seeds_of.items()}
    return [panel._replace(label=labels[panel.key]) for panel in found]


def _is_bar(row: str) -> bool:
    return row not in EXTREMES


def _draw_bar(axes: Axes, place: int, line: dict[Any, Any], points: pd.DataFrame) -> None:
    if line["diverged"]:
        draw_diverged(axes, place)
    if not line["n"]:
        draw_lost(axes, place, line)
        return
    axes.bar(place, line["mean"], width=0.55, color=row_colour(line["row"]))
    if line["n"] > 1:
        axes.errorbar(place, line["mean"], yerr=line["sd"], color=BLACK, linewidth=1.2, capsize=3)
    seeds = points.loc[(points["row"] == line["row"]) & points["value"].notna(), "value"]
    axes.plot(spread_evenly(place, seeds, 0.3), seeds, **MARKS["seed"][1], zorder=3, clip_on=False)


def _tick(line: dict[Any, Any]) -> str:
    return "\n".join([row_label(kind_of(line["row"])), f"n = {line['n']}", *lost_words(line)])
