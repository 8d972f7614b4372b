"""Errors of heads on frozen codes, each training a point, beside networks that learned the tasks
end to end.
"""

from collections.abc import Sequence
from textwrap import fill
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mtdis.artifacts.stages import StageResult
from mtdis.reporting.drawing.panels import (
    Layout,
    Panel,
    cells_of,
    draw_diverged,
    draw_grid,
    draw_lost,
    draw_published,
    lost_words,
    mark_handles,
    spread_evenly,
)
from mtdis.reporting.drawing.style import BLACK, MARKS, row_colour
from mtdis.reporting.labels import SUPERVISED, row_label, shown
from mtdis.reporting.statistics import CELL, of_runs, variant_text, variants
from mtdis.reporting.summaries.heads_on_codes import head_points, heads_frame, lines_of_variant
from mtdis.reporting.summaries.losses import METRICS, kind_points, loss_rows, losses_on_test

STAGES = ("heads",)
ROWS_OF = ("scaling",)
CAPTION = (
    "How well can the tasks be learned from codes that were learned without them? Test error of"
    " heads on frozen codes and on the true factors, and R² against the variance of the targets,"
    " both means over the tasks; where the experiment has multi-head networks of the same tasks,"
    " all of one kind of settings, they stand at the right, trained end to end. Circles are"
    " trainings (of heads on the codes of one encoder; of whole networks at the right), squares"
    " their means with one standard deviation (ddof 1), n counts them. Look at whether the"
    " auto-encoders come in the order of their disentanglement (Table 6), which in the paper they"
    " did not. Diamonds are the values of the paper's Table 1, hollow where conditions differ. A"
    " cross marks what diverged: it is left out and counted."
)
TICKS = "codes, n trainings"
TASKS = "spec.heads.tasks."
"""Columns of the heads' tasks, which need not be those of the experiment's runs."""


def draw(frame: pd.DataFrame, stages: Sequence[StageResult]) -> Figure:
    """A panel per metric, dataset and variant; what the codes are of on the x axis."""
    panels = _panels(frame, stages)
    width = 0.9 + 0.78 * max(len(panel.table) for panel in panels)
    figure = draw_grid(panels, _draw, mark_handles(panels), Layout(width, 2.6, abreast=1))
    for axes, panel in zip(figure.axes, panels, strict=True):
        lowest = (panel.table["mean"] - panel.table["sd"].fillna(0)).min()
        lowest = min(lowest, panel.points["value"].min())
        if lowest < axes.get_ylim()[0]:  # codes that predict worse than the mean
            axes.set_ylim(bottom=1.15 * lowest)
    for axes in figure.axes:  # panels that share an axis reach below nought together
        if axes.get_ylim()[0] < 0:
            axes.axhline(0, color=BLACK, linewidth=0.6)
    return figure


def _panels(frame: pd.DataFrame, stages: Sequence[StageResult]) -> list[Panel]:
    results = heads_frame(stages)
    found = []
    for label, part in variants(results):
        points, supervised = head_points(part), _supervised(frame, part)
        for key, dataset, lines in cells_of(lines_of_variant(part)):
            whole = supervised[supervised["dataset"].eq(dataset) & supervised["metric"].eq(key[0])]
            table, seeds = lines, points.merge(lines[CELL].drop_duplicates())
            if len(whole):
                table, seeds = pd.concat([lines, loss_rows(whole)]), pd.concat([seeds, whole])
            title = (dataset, ", ".join(filter(None, [key[2], variant_text(label)])))
            found.append(
                Panel(
                    key[:2],
                    title,
                    f"{shown(*key[:2]).label},\nmean over tasks",
                    TICKS,
                    table,
                    seeds,
                )
            )
    return sorted(found, key=lambda panel: METRICS.index(panel.key[0]))


def _supervised(frame: pd.DataFrame, heads: pd.DataFrame) -> pd.DataFrame:
    """The errors per seed of multi-head networks, if they are all of one variant.

    Only of those that learned the tasks of these heads: errors on others are no comparison.
    """
    for name in (c for c in heads.columns if c.startswith(TASKS)):
        own = f"spec.tasks.{name.removeprefix(TASKS)}"
        if own in frame.columns:
            frame = frame[frame[own].eq(heads[name].iloc[0])]
    parts = [part for _, part in variants(of_runs(frame[frame["kind"] == "multi_head"]))]
    losses = losses_on_test(parts[0] if len(parts) == 1 else frame.head(0))
    return kind_points(losses).assign(row=SUPERVISED) if len(losses) else losses


def _draw(axes: Axes, panel: Panel) -> None:
    lines = panel.table.to_dict("records")
    for place, line in enumerate(lines):
        _draw_line(
            axes,
            place,
            line,
            panel.points.loc[panel.points["row"] == line["row"], "value"].dropna(),
        )
    axes.set_xticks(
        range(len(lines)),
        [
            "\n".join([fill(row_label(line["row"]), 13), f"n = {line['n']}", *lost_words(line)])
            for line in lines
        ],
    )
    axes.set_xlim(-0.6, len(lines) - 0.4)


def _draw_line(axes: Axes, place: int, line: dict[Any, Any], values: "pd.Series[float]") -> None:
    """The trainings of a row, their mean at their left, the published value at their right."""
    if line["diverged"]:
        draw_diverged(axes, place)
    if not line["n"]:
        draw_lost(axes, place, line)
        return
    colour = row_colour(line["row"])
    if line["n"] > 1:
        axes.errorbar(
            place - 0.25, line["mean"], yerr=line["sd"], color=BLACK, linewidth=1.2, capsize=3
        )
    axes.plot(
        place - 0.25,
        line["mean"],
        color=colour,
        markeredgecolor=BLACK,
        marker="s",
        linestyle="none",
    )
    axes.plot(
        spread_evenly(place, values, 0.3), values, **MARKS["seed"][1] | {"color": colour}, zorder=3
    )
    draw_published(axes, place + 0.32, line)
