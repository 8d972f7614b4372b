"""Bars of the rows of Table 5, a panel per key and dataset: what Figures 3 and 4 share."""

import math
from collections.abc import Sequence
from textwrap import fill
from typing import Any, NamedTuple

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from mtdis.statistics import CELL, headline_points, kind_of, variant_text, variants
from mtdis.style import key_label, settings, style
from mtdis.tables import table5

LEGEND_COLUMN = 2.6
"""Inches that the longest words of the legend need; no figure is narrower."""
BLACK, LOST = "#000000", "#CC0000"
LOST_WORDS = ("diverged", "failed")
OUTLINE = {"linestyle": "none", "markeredgecolor": BLACK, "markeredgewidth": 0.8}
MARKS: dict[str, tuple[str, dict[str, Any]]] = {
    "seed": ("one seed", OUTLINE | {"marker": "o", "color": "white", "markersize": 4}),
    "single_max": ("best single task", OUTLINE | {"marker": "^", "color": "white", "markersize": 5}),
    "single_min": ("worst single task", OUTLINE | {"marker": "v", "color": "white", "markersize": 5}),
    "published": ("published", OUTLINE | {"marker": "D", "color": BLACK, "markersize": 4}),
    "unlike": ("published, not comparable", OUTLINE | {"marker": "D", "color": "white", "markersize": 4}),
    "diverged": ("a network diverged", {"linestyle": "none", "marker": "x", "color": LOST, "markersize": 5}),
}
"""Every mark but the bars: its words in the legend, and how it is drawn."""


class Panel(NamedTuple):
    """One (metric, key, settings) for one (dataset, variant): rows of Table 5 and their seeds."""

    key: tuple[str, str, str]
    column: tuple[str, str]
    table: pd.DataFrame
    points: pd.DataFrame


def draw_bars(frame: pd.DataFrame, rows: Sequence[str]) -> Figure:
    """A bar for each of these rows that the experiment has: seeds, spread, n, and the published value."""
    panels = _panels(frame, rows)
    down, across, places = _places(panels)
    with settings():
        figure = _figure(panels, down, across)
        shared: dict[tuple[str, str, str], Axes] = {}
        for panel, place in zip(panels, places, strict=True):
            axes = figure.add_subplot(down, across, place + 1, sharey=shared.get(panel.key))
            shared.setdefault(panel.key, axes)
            _draw_panel(axes, panel)
            axes.set_ylim(0, max(_top(p) for p in panels if p.key == panel.key))
        _name_axes(figure, panels, places, across)
    return figure


def _figure(panels: list[Panel], down: int, across: int) -> Figure:
    """An empty figure with its legend, of a size that leaves every panel room for its labels."""
    bars = [line for panel in panels for line in panel.table.to_dict("records") if _is_bar(line["row"])]
    abreast = max(panel.table["row"].map(_is_bar).sum() for panel in panels)
    lines = max(_tick(line).count("\n") + 1 for line in bars)
    handles = _legend_handles(panels)
    width = max(0.5 + across * (0.8 + 0.75 * abreast), LEGEND_COLUMN)
    legend_columns = min(3, int(width // LEGEND_COLUMN))
    legend_lines = math.ceil(len(handles) / legend_columns)
    height = 0.7 + 0.2 * legend_lines + down * (1.4 + 0.17 * lines)
    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    figure.legend(handles=handles, loc="outside lower center", ncols=legend_columns, frameon=False)
    return figure


def _panels(frame: pd.DataFrame, rows: Sequence[str]) -> list[Panel]:
    panels = []
    for label, part in variants(table5.headline_scores(frame)):
        table, points = (f[f["row"].isin(rows)] for f in (table5.make(part), headline_points(part)))
        for names, lines in table.groupby(CELL, sort=False):
            dataset, *key = (str(name) for name in names)
            seeds = points.merge(lines[CELL].head(1))
            panels.append(Panel((key[0], key[1], key[2]), (dataset, variant_text(label)), lines, seeds))
    if not panels:
        raise ValueError(f"nothing to draw: the experiment has no scores of the rows {', '.join(rows)}.")
    return panels


def _places(panels: list[Panel]) -> tuple[int, int, list[int]]:
    """Height and width of the grid, each panel's place: keys downwards; of one column, three keys abreast."""
    columns = list(dict.fromkeys(panel.column for panel in panels))
    keys = list(dict.fromkeys(panel.key for panel in panels))
    if len(columns) == 1:
        across = min(3, len(keys))
        return math.ceil(len(keys) / across), across, list(range(len(keys)))
    across = len(columns)
    return len(keys), across, [keys.index(p.key) * across + columns.index(p.column) for p in panels]


def _is_bar(row: str) -> bool:
    return row not in ("single_max", "single_min")


def _top(panel: Panel) -> float:
    """Height of a panel: all that it shows, and room above for the crosses of diverged networks."""
    table, seeds = panel.table, panel.points["value"]
    spreads = [table["mean"] + table["sd"].fillna(0), table["published_mean"] + table["published_sd"]]
    highest = pd.concat([seeds, *spreads]).max()
    return 1.15 * highest if highest > 0 else 1.0


def _draw_panel(axes: Axes, panel: Panel) -> None:
    lines = panel.table.to_dict("records")
    bars = [line for line in lines if _is_bar(line["row"])]
    for place, line in enumerate(bars):
        _draw_bar(axes, place, line, panel.points)
        _draw_published(axes, place + 0.38, line)
    for line in lines:
        if not _is_bar(line["row"]) and line["n"]:
            single = next(place for place, bar in enumerate(bars) if bar["row"] == "single_mean")
            beside = single - (0.45 if line["row"] == "single_max" else 0.35)
            axes.plot(beside, line["mean"], **MARKS[line["row"]][1], clip_on=False)
    axes.set_xticks(range(len(bars)), [_tick(line) for line in bars])
    axes.set_xlim(-0.6, len(bars) - 0.4)
    axes.spines[["top", "right"]].set_visible(False)


def _draw_bar(axes: Axes, place: int, line: dict[Any, Any], points: pd.DataFrame) -> None:
    if line["diverged"]:
        # At the top, in the panel's own height: at no value that could be read off.
        axes.plot(place, 0.96, transform=axes.get_xaxis_transform(), clip_on=False, **MARKS["diverged"][1])
    if not line["n"]:
        word = " and ".join(word for word in LOST_WORDS if line[word])
        middle: Any = {"transform": axes.get_xaxis_transform(), "ha": "center", "va": "center", "fontsize": 8}
        axes.text(place, 0.5, word, rotation=90, color=LOST, **middle)
        return
    axes.bar(place, line["mean"], width=0.55, color=style(line["row"]).colour)
    if line["n"] > 1:
        axes.errorbar(place, line["mean"], yerr=line["sd"], color=BLACK, linewidth=1.2, capsize=3)
    seeds = points.loc[(points["row"] == line["row"]) & points["value"].notna(), "value"].to_numpy()
    beside = [place + 0.3 * ((i + 0.5) / len(seeds) - 0.5) for i in range(len(seeds))]
    axes.plot(beside, seeds, **MARKS["seed"][1], zorder=3, clip_on=False)


def _draw_published(axes: Axes, x: float, line: dict[Any, Any]) -> None:
    if pd.notna(line["published_mean"]):
        axes.errorbar(x, line["published_mean"], yerr=line["published_sd"], ecolor=BLACK, elinewidth=0.8)
        mark = MARKS[_published_mark(line["comparable"])][1]
        axes.plot(x, line["published_mean"], **mark, zorder=3, clip_on=False)


def _published_mark(comparable: bool) -> str:
    return "published" if comparable else "unlike"


def _tick(line: dict[Any, Any]) -> str:
    return "\n".join(
        [
            style(kind_of(line["row"])).label,
            f"n = {line['n']}",
            *(f"{line[word]} {word}" for word in LOST_WORDS if line[word]),
        ]
    )


def _name_axes(figure: Figure, panels: list[Panel], places: list[int], across: int) -> None:
    """Key at the left of each line, dataset and variant above each column, what the ticks are below it."""
    one_column = len({panel.column for panel in panels}) == 1
    several = {p.key[:2] for p in panels for q in panels if p.key[:2] == q.key[:2] and p.key != q.key}
    named: set[object] = set()
    lowest = {place % across: axes for axes, place in zip(figure.axes, places, strict=True)}
    for axes, panel in zip(figure.axes, panels, strict=True):
        if panel.key not in named:
            details = f"\n{fill(panel.key[2], 28)}" if panel.key[:2] in several else ""
            axes.set_ylabel(f"{key_label(*panel.key[:2])}\n(0 to 1){details}")
        if panel.column not in named and not one_column:
            axes.set_title("\n".join(fill(part, 32) for part in panel.column if part))
        named |= {panel.key, panel.column}
    for axes in lowest.values():
        axes.set_xlabel("kind, n seeds")
    if one_column:
        title = ", ".join(filter(None, panels[0].column))
        figure.suptitle(fill(title, int(figure.get_figwidth() * 14)), fontsize=9)


def _legend_handles(panels: list[Panel]) -> list[Patch | Line2D]:
    table = pd.concat([panel.table for panel in panels])
    rows = [row for row in table["row"].unique() if _is_bar(row)]
    handles: list[Patch | Line2D] = [Patch(color=style(row).colour, label=style(row).label) for row in rows]
    if table["n"].gt(1).any():
        handles += [Line2D([], [], color=BLACK, marker="|", label="mean ± sd over seeds (ddof 1)")]
    there = {"seed", *table.loc[table["n"] > 0, "row"]}
    there |= {_published_mark(c) for c in table.loc[table["published_mean"].notna(), "comparable"]}
    there |= {"diverged"} if table["diverged"].any() else set()
    return handles + [Line2D([], [], label=words, **mark) for name, (words, mark) in MARKS.items() if name in there]
