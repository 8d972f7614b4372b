"""A forest plot: differences with their intervals, a row per claim, a panel per score, dataset and
variant.
"""

from itertools import product
from textwrap import fill
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from mtdis.reporting.claims import verdicts
from mtdis.reporting.drawing.panels import BAND_WORDS, Handle, Layout, empty_figure, lost_words
from mtdis.reporting.drawing.sizes import PAGE
from mtdis.reporting.drawing.style import BAND, BLACK, OUTLINE, UNKNOWN, settings
from mtdis.reporting.labels import dataset_label, in_words, shown
from mtdis.reporting.long_table import unlike_metric
from mtdis.reporting.statistics import variant_text

MARKS: dict[str, dict[str, Any]] = {
    verdicts.SUPPORTED: {"marker": "o", "color": "#117733", "markersize": 6},
    verdicts.NOT_ALIGNED: {"marker": "D", "color": "#DDCC77", "markersize": 5.5},
    verdicts.TOO_SMALL: {"marker": "s", "color": "white", "markersize": 5},
    verdicts.NOT_SUPPORTED: {"marker": "X", "color": "#CC6677", "markersize": 6.5},
    verdicts.HOLDS: {"marker": "^", "color": "#117733", "markersize": 6},
    verdicts.FAILS: {"marker": "v", "color": "#CC6677", "markersize": 6},
}
"""Every verdict's own shape; its colour says nothing more."""
LINE = 0.28
"""Inches of a row."""
ABREAST = 2
"""Panels that a page has room for beside the names of the claims."""


def draw_forest(table: pd.DataFrame) -> Figure:
    """Draw the lines of the claims table: scores downwards, datasets and variants across, two at a
    time.
    """
    fields = [c for c in table.columns if c.startswith("spec.")]
    names = [
        "\n".join(
            filter(
                None, [dataset_label(line["dataset"]), fill(in_words(_variant(line, fields)), 32)]
            )
        )
        for line in table.to_dict("records")
    ]
    table = table.assign(column=names, score=_scores(table))
    columns = list(table["column"].unique())
    by_score = table.groupby("score", sort=False)["row"]
    rows = {str(score): list(own.unique()) for score, own in by_score}
    scores = list(rows)
    with settings():
        across = min(ABREAST, len(columns))
        heights = [0.75 + LINE * len(rows[s]) for s in scores] * -(-len(columns) // across)
        down = len(heights)
        figure = empty_figure(_handles(table), down, across, Layout(PAGE, sum(heights) / down))
        grid = figure.add_gridspec(down, across, height_ratios=heights)
        named: set[object] = set()  # columns, and lines of panels
        for score, column in product(scores, columns):
            lines = table[table["score"].eq(score) & table["column"].eq(column)]
            if lines.empty:
                continue
            band, beside = divmod(columns.index(column), across)
            line = band * len(scores) + scores.index(score)
            axes = figure.add_subplot(grid[line, beside])
            _draw_panel(axes, lines, rows[score])
            _name(axes, score, first=line not in named, title="" if column in named else column)
            named |= {line, column}
    return figure


def _variant(line: dict[Any, Any], fields: list[str]) -> str:
    return variant_text({field: line[field] for field in fields if pd.notna(line[field])})


def _scores(table: pd.DataFrame) -> list[str]:
    """The name of each line's score, with its settings where there are several."""
    names = []
    for line in table.to_dict("records"):
        alike = table[table["metric"].eq(line["metric"]) & table["key"].eq(line["key"])]
        several = alike["settings"].nunique() > 1
        label = shown(line["metric"], line["key"]).label
        own = in_words(unlike_metric(line["settings"], line["metric"]))
        names.append(f"{label}\n{fill(own, 40)}" if several and own else label)
    return names


def _draw_panel(axes: Axes, lines: pd.DataFrame, rows: list[str]) -> None:
    axes.axvline(0, color=UNKNOWN, linewidth=0.8, zorder=0)
    for line in lines.to_dict("records"):
        y = rows.index(line["row"])
        if line["n"] and line["verdict"] in MARKS:
            _draw_line(axes, y, line)
        beside: Any = {"transform": axes.get_yaxis_transform(), "va": "center", "fontsize": 6.5}
        axes.text(1.02, y, _words(line), **beside)
    axes.set_ylim(len(rows) - 0.5, -0.5)
    axes.set_yticks(range(len(rows)), [fill(in_words(row), 34) for row in rows])
    axes.tick_params(axis="y", length=0)
    axes.xaxis.set_major_locator(MaxNLocator(3))
    axes.use_sticky_edges = False
    axes.margins(x=0.08)
    axes.spines[["top", "right", "left"]].set_visible(False)


def _draw_line(axes: Axes, y: int, line: dict[Any, Any]) -> None:
    """The null's band, the interval, and the verdict's mark at the difference."""
    if pd.notna(line["null_low"]):
        width = line["null_high"] - line["null_low"]
        axes.barh(y, width, left=line["null_low"], height=0.7, color=BAND, zorder=1)
    if pd.notna(line["low"]):
        axes.hlines(y, line["low"], line["high"], color=BLACK, linewidth=1.2, zorder=2)
    axes.plot(line["mean"], y, **OUTLINE | MARKS[line["verdict"]], zorder=3)


def _words(line: dict[Any, Any]) -> str:
    """What stands at the right of a row: n with the interval's level, and the adjusted p."""
    if line["verdict"] == verdicts.REFUSED:
        return "refused"
    if not line["n"]:
        return ", ".join(["no value", *lost_words(line)])
    level = f" ({100 * line['level']:.3g} %)" if pd.notna(line["level"]) else ""
    p = [f"p {verdicts.p_text(line['adjusted_p'])}"] if pd.notna(line["adjusted_p"]) else []
    ratio = [f"{line['ratio']:.1f} sd"] if pd.notna(line["ratio"]) else []
    return "\n".join([", ".join([f"n = {line['n']}{level}", *p, *ratio]), *lost_words(line)])


def _name(axes: Axes, score: str, first: bool, title: str) -> None:
    """The score below, claims at the left of the first panel of a line, the dataset as title of
    the top of a column.
    """
    axes.set_xlabel(f"{score}: difference")
    if first:
        axes.set_ylabel("claim")
    else:
        axes.set_yticklabels([])
    axes.set_title(title)


def _handles(table: pd.DataFrame) -> list[Handle]:
    """The legend: the verdicts that there are, the interval, and the band."""
    there = set(table.loc[table["n"] > 0, "verdict"])
    handles: list[Handle] = [
        Line2D([], [], label=name, **OUTLINE | mark)
        for name, mark in MARKS.items()
        if name in there
    ]
    if table["low"].notna().any():
        words = "interval; at the right its level, and the adjusted p"
        handles.append(Line2D([], [], color=BLACK, linewidth=1.2, label=words))
    if table["null_low"].notna().any():
        handles.append(Patch(color=BAND, label=BAND_WORDS))
    return handles
