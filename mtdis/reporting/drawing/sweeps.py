"""Scores along one field of the runs, a panel per key and dataset: what Figures 14 and 15 share."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from textwrap import fill
from typing import Any, Literal, NamedTuple

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from mtdis.reporting.drawing.panels import (
    Layout,
    Panel,
    cells_of,
    draw_blocks,
    draw_calibration,
    draw_diverged,
    mark_handles,
    nothing,
    score_label,
    spread_evenly,
)
from mtdis.reporting.drawing.sentences import no_second_point
from mtdis.reporting.drawing.style import LOST, MARKS, row_colour
from mtdis.reporting.labels import HEADLINE, in_words, row_label
from mtdis.reporting.published import scores as published
from mtdis.reporting.statistics import (
    CELL,
    along,
    headline_points,
    headline_rows,
    of_runs,
    value_text,
    variant_text,
)
from mtdis.reporting.summaries.calibration import with_calibration
from mtdis.reporting.summaries.scores import headline_scores

Between = Literal["-", "none"]
Lines = tuple[pd.DataFrame, pd.DataFrame]
EXTREMES = ("single_max", "single_min")
R2 = ("r2", "test")
SLOT, LETTER, LABEL = 0.55, 0.08, 12
"""Inches of a tick's label and of its letters, and how many letters a line of it has."""


class Sweep(NamedTuple):
    """The panels of one field, where its values (their texts) stand on the x axis, in widths of a
    tick's label, and how means are joined ("none": values without an order).
    """

    panels: list[Panel]
    places: Mapping[str, float]
    between: Between
    slot: float = SLOT

    def width(self) -> float:
        """Inches of a panel."""
        return 0.9 + self.slot * (max(self.places.values()) + 1)


def has_several(panel: Panel) -> bool:
    """Return whether any kind has two values of the field in a panel."""
    return bool(panel.table.groupby("row")["at"].nunique().gt(1).any())


def slot_of(texts: Iterable[str]) -> float:
    """Inches that the longest line of the values' labels needs."""
    longest = max(len(line) for text in texts for line in _tick(text).split("\n"))
    return max(SLOT, LETTER * longest)


def draw_sweep(
    frame: pd.DataFrame, field: str, place: Callable[[Any], Any], words: str, between: Between
) -> Figure:
    """Draw mean, spread and seeds of every kind that reads a field, at each of its values.

    `field` is a column of the long table (`spec.tasks.count`), `place` the sort key of its values,
    `words` the name of the axis, `between` the line style from one value's mean to the next's
    ("none": values without an order).
    """
    panels, values = panels_along(headline_scores(frame), frame, field, words, score_lines)
    if not panels:
        raise nothing(f"scores of a kind that reads {field.removeprefix('spec.')}")
    if not any(has_several(panel) for panel in panels):
        return no_second_point(of_runs(frame), field)
    texts = [value_text(value) for value in sorted(values, key=place)]
    return draw_sweeps([Sweep(panels, {t: n for n, t in enumerate(texts)}, between)])


def draw_sweeps(sweeps: Sequence[Sweep]) -> Figure:
    """Draw the panels of each field below those of the one before."""
    panels = [panel for sweep in sweeps for panel in sweep.panels]
    rows = list(dict.fromkeys(row for panel in panels for row in panel.table["row"]))
    between: Between = "-" if any(sweep.between == "-" for sweep in sweeps) else "none"
    lines = [
        Line2D([], [], color=row_colour(r), marker="s", linestyle=between, label=row_label(r))
        for r in rows
    ]
    blocks = [(sweep.panels, partial(_draw_panel, sweep=sweep, rows=rows)) for sweep in sweeps]
    layout = Layout(max(2.6, *(sweep.width() for sweep in sweeps)), 2.0)
    return draw_blocks(blocks, [*lines, *mark_handles(panels)], layout)


def score_lines(part: pd.DataFrame, whole: pd.DataFrame) -> Lines:
    """The rows of Table 5 but the best and worst task, with their calibration, and their seeds."""
    scores = headline_scores(part)
    rows = with_calibration(headline_rows(scores), whole)
    return rows[~rows["row"].isin(EXTREMES)], headline_points(scores)


def panels_along(
    shown: pd.DataFrame,
    frame: pd.DataFrame,
    field: str,
    words: str,
    lines_of: Callable[[pd.DataFrame, pd.DataFrame], Lines],
) -> tuple[list[Panel], set[Any]]:
    """A panel per key, dataset and choice of the other fields; and all values of the field.

    `lines_of(part, whole)` makes lines and seeds of the shown rows at one value, of which `whole`
    has all rows of the same runs.
    """
    found: dict[tuple[Any, ...], list[Lines]] = {}
    values = set()
    for label, value, part in along(shown, field):
        values.add(value)
        both = lines_of(part, frame[frame["run"].isin(part["run"].unique())])
        table, points = (rows.assign(at=value_text(value)) for rows in both)
        for key, dataset, lines in cells_of(table):
            seeds = points.merge(lines[CELL].head(1))
            found.setdefault((key, dataset, variant_text(label)), []).append((lines, seeds))
    datasets = published.dataset_order(shown)
    across = sorted(found, key=lambda name: datasets.index(name[1]))
    order = [name for pair in (*HEADLINE, R2) for name in across if name[0][:2] == pair]
    keys = [key for key, _, _ in found]
    seeds_of = {key: list[float]() for key in keys}
    for (key, _, _), each in found.items():
        seeds_of[key] += [value for _, seeds in each for value in seeds["value"]]
    return [
        Panel(
            key,
            (dataset, variant),
            score_label(key, keys, seeds_of[key]),
            words,
            *map(pd.concat, zip(*found[key, dataset, variant], strict=True)),
        )
        for key, dataset, variant in order
    ], values


def _draw_panel(axes: Axes, panel: Panel, sweep: Sweep, rows: list[str]) -> None:
    for number, row in enumerate(rows):
        beside = 0.5 * ((number + 0.5) / len(rows) - 0.5)
        places = {text: place + beside for text, place in sweep.places.items()}
        _draw_row(axes, panel, row, places, sweep.between)
    labels = []
    for text in sweep.places:  # the number of seeds; of several kinds, from the fewest to the most
        counts = panel.table.loc[panel.table["at"] == text, "n"]
        several = f"–{counts.max()}" if counts.nunique() > 1 else ""
        count = "none" if counts.empty else f"n = {counts.min()}{several}"
        labels.append(f"{_tick(text)}\n{count}")
    axes.set_xticks(list(sweep.places.values()), labels)
    axes.set_xlim(-0.5, max(sweep.places.values()) + 0.5)


def _tick(text: str) -> str:
    return fill(in_words(text), LABEL, break_long_words=False)


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
