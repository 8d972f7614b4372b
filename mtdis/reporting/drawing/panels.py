"""A grid of panels with one legend: what all figures of the long table share."""

import math
from collections.abc import Callable, Iterable, Sequence
from textwrap import fill
from typing import Any, NamedTuple

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure, SubFigure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from mtdis.reporting.drawing.sizes import EDGE, most_abreast, width_of
from mtdis.reporting.drawing.style import BAND, BLACK, LOST, LOST_WORDS, MARKS, settings
from mtdis.reporting.labels import LOSSES, dataset_label, in_words, shown
from mtdis.reporting.long_table import unlike_metric
from mtdis.reporting.statistics import CELL

LEGEND_COLUMN = 2.3
"""Inches that the longest words of the legend need."""
PRUNING = ("factor_vae",)
"""Metrics that leave out codes of small variance and score exactly 0 if they leave out all; one
right vote of thousands would be more."""
NO_CODE = "0: no code's variance reaches the threshold"
BAND_WORDS = "rotations of the codes, 5 to 95 %"
Handle = Patch | Line2D


class Panel(NamedTuple):
    """One thing measured (`key`) for one dataset and variant (`column`): lines of a table and their
    seeds.

    Panels of one key share their y axis. `label` and `ticks` name the axes. Lines have the columns
    row, mean, sd, n, diverged and failed, and may have published_mean, published_sd, comparable and
    those of a calibration; points have row and value.
    """

    key: tuple[str, ...]
    column: tuple[str, str]
    label: str
    ticks: str
    table: pd.DataFrame
    points: pd.DataFrame


Draw = Callable[[Axes, Panel], None]


class Layout(NamedTuple):
    """Inches of a panel, and how many panels stand side by side where there is one dataset and
    variant.
    """

    width: float
    height: float
    abreast: int = 3


def draw_grid(
    panels: Sequence[Panel],
    draw: Draw,
    handles: Sequence[Handle],
    layout: Layout,
) -> Figure:
    """Draw every panel by `draw`: keys downwards, datasets and variants across; y axes from 0, or
    from the lowest value below it."""
    down, across, places = _places(panels, layout)
    with settings():
        figure = empty_figure(handles, down, across, layout)
        _fill(figure, panels, draw, (down, across, places), int(figure.get_figwidth() * 14))
    return figure


def draw_blocks(
    blocks: Sequence[tuple[Sequence[Panel], Draw]], handles: Sequence[Handle], layout: Layout
) -> Figure:
    """Draw a grid per block below each other, their panels of one width, and one legend."""
    if len(blocks) == 1:
        return draw_grid(*blocks[0], handles, layout)
    grids = [_places(panels, layout) for panels, _ in blocks]
    across = max(columns for _, columns, _ in grids)
    width = width_of(EDGE + across * layout.width)
    columns = _legend_columns(width)
    heights = [0.35 + down * layout.height for down, _, _ in grids]
    heights.append(0.25 + 0.2 * math.ceil(len(handles) / columns))
    with settings():
        figure = Figure(figsize=(width, sum(heights)), layout="constrained")
        FigureCanvasAgg(figure)
        parts = figure.subfigures(len(heights), 1, height_ratios=heights, squeeze=False)[:, 0]
        for part, (panels, draw), (down, own, places) in zip(
            parts[:-1], blocks, grids, strict=True
        ):
            wider = [place // own * across + place % own for place in places]
            _fill(part, panels, draw, (down, across, wider), int(width * 14))
        parts[-1].legend(handles=list(handles), loc="center", ncols=columns, frameon=False)
    return figure


def _fill(
    figure: Figure | SubFigure,
    panels: Sequence[Panel],
    draw: Draw,
    grid: tuple[int, int, list[int]],
    characters: int,
) -> None:
    """Draw the panels at their places; `characters` is the length of a line of the title."""
    down, across, places = grid
    shared: dict[tuple[str, ...], Axes] = {}
    for panel, place in zip(panels, places, strict=True):
        axes = figure.add_subplot(down, across, place + 1, sharey=shared.get(panel.key))
        shared.setdefault(panel.key, axes)
        draw(axes, panel)
        axes.spines[["top", "right"]].set_visible(False)
        axes.set_ylim(*_limits([p for p in panels if p.key == panel.key]))
    _name_axes(figure, panels, places, across, characters)


def score_label(
    key: Sequence[str],
    keys: Sequence[tuple[str, ...]],
    values: Iterable[float] = (),
    reach: str = "",
) -> str:
    """The name of a score's axis, with what it reaches unless `reach` says what the axis has; with
    its settings where there are several of one metric's key, and with what a 0 means of values that
    are 0 for want of codes.
    """
    several = any(other[:2] == tuple(key[:2]) and other != tuple(key) for other in keys)
    own = in_words(unlike_metric(key[2], key[0]))
    details = f"\n{fill(own, 28)}" if several and own else ""
    reach = reach or ("at most 1" if tuple(key[:2]) in LOSSES else "0 to 1")
    dropped = key[0] in PRUNING and any(value == 0 for value in values)
    zero = f"\n{fill(NO_CODE, 28)}" if dropped else ""
    return f"{shown(key[0], key[1]).label}\n({reach}){details}{zero}"


def cells_of(table: pd.DataFrame) -> list[tuple[tuple[str, ...], str, pd.DataFrame]]:
    """The cells of a table in their order: (metric, key, settings), dataset, lines."""
    groups = table.groupby(CELL, sort=False)
    return [(tuple(map(str, key)), str(dataset), lines) for (dataset, *key), lines in groups]


def nothing(what: str) -> ValueError:
    """The error of a figure whose long table lacks what it shows."""
    return ValueError(f"nothing to draw: the experiment has no {what}.")


def spread_evenly(place: float, values: "pd.Series[float]", width: float) -> list[float]:
    """The places of several seeds' points side by side."""
    return [place + width * ((i + 0.5) / len(values) - 0.5) for i in range(len(values))]


def draw_published(axes: Axes, x: float, line: dict[Any, Any]) -> None:
    """Draw the published value and its spread, if there: hollow where it is not comparable."""
    if pd.isna(line["published_mean"]):
        return
    if pd.notna(line["published_sd"]):
        axes.errorbar(
            x, line["published_mean"], yerr=line["published_sd"], ecolor=BLACK, elinewidth=0.8
        )
    mark = MARKS[_published_mark(line["comparable"])][1]
    axes.plot(x, line["published_mean"], **mark, zorder=3, clip_on=False)


def draw_calibration(axes: Axes, x: float, width: float, line: dict[Any, Any]) -> None:
    """Draw what the codes' rotations score as a band, the white codes themselves, and the best
    aligned rotation, if a row was calibrated.
    """
    if pd.isna(line.get("null_low")):
        return
    height = line["null_high"] - line["null_low"]
    axes.bar(
        x, height, width, line["null_low"], color=BAND, edgecolor=BLACK, linewidth=0.5, zorder=2
    )
    for name in ("white", "ceiling"):
        axes.plot(x, line[name], **MARKS[name][1], zorder=3, clip_on=False)


def draw_diverged(axes: Axes, x: float) -> None:
    """Draw a cross at the top, in the panel's own height: at no value that could be read off."""
    axes.plot(x, 0.96, transform=axes.get_xaxis_transform(), clip_on=False, **MARKS["diverged"][1])


def lost_words(line: dict[Any, Any]) -> list[str]:
    """The words for networks of a line that have no score: `1 diverged`, `2 failed`."""
    return [f"{line[word]} {word}" for word in LOST_WORDS if line[word]]


def mark_handles(panels: Sequence[Panel], rows: Sequence[str] = ()) -> list[Handle]:
    """The legend of the marks that the panels have; of rows drawn as marks those named."""
    table = pd.concat([panel.table for panel in panels])
    there = {"seed", *(set(table.loc[table["n"] > 0, "row"]) & set(rows))}
    if "published_mean" in table.columns:
        there |= {
            _published_mark(c) for c in table.loc[table["published_mean"].notna(), "comparable"]
        }
    there |= {"diverged"} if table["diverged"].any() else set()
    handles: list[Handle] = []
    if "null_low" in table.columns and table["null_low"].notna().any():
        there |= {"white", "ceiling"}
        handles.append(Patch(facecolor=BAND, edgecolor=BLACK, linewidth=0.5, label=BAND_WORDS))
    if table["n"].gt(1).any():
        handles.append(
            Line2D([], [], color=BLACK, marker="|", label="mean ± sd over seeds (ddof 1)")
        )
    return handles + [
        Line2D([], [], label=words, **mark)
        for name, (words, mark) in MARKS.items()
        if name in there
    ]


def write_diverged(axes: Axes) -> None:
    """Write that a network diverged where its results would be drawn, without ticks."""
    middle: Any = {"ha": "center", "va": "center", "transform": axes.transAxes}
    axes.text(0.5, 0.5, "diverged", color=LOST, fontsize=8, **middle)
    axes.set_xticks([])
    axes.set_yticks([])


def draw_lost(axes: Axes, x: float, line: dict[Any, Any]) -> None:
    """Write the words for a line that has no value at all."""
    word = " and ".join(word for word in LOST_WORDS if line[word])
    middle: Any = {
        "transform": axes.get_xaxis_transform(),
        "ha": "center",
        "va": "center",
        "fontsize": 8,
    }
    axes.text(x, 0.5, word, rotation=90, color=LOST, **middle)


def _published_mark(comparable: bool) -> str:
    return "published" if comparable else "unlike"


def empty_figure(handles: Sequence[Handle], down: int, across: int, layout: Layout) -> Figure:
    """An empty figure with its legend, of a size that leaves every panel room for its labels."""
    width = width_of(EDGE + across * layout.width)
    legend_columns = _legend_columns(width)
    legend_lines = math.ceil(len(handles) / legend_columns)
    figure = Figure(
        figsize=(width, 0.7 + 0.2 * legend_lines + down * layout.height), layout="constrained"
    )
    FigureCanvasAgg(figure)
    figure.legend(
        handles=list(handles), loc="outside lower center", ncols=legend_columns, frameon=False
    )
    return figure


def _legend_columns(width: float) -> int:
    return min(3, int(width // LEGEND_COLUMN))


def _places(panels: Sequence[Panel], layout: Layout) -> tuple[int, int, list[int]]:
    """The height and width of the grid, and each panel's place: keys downwards; of one column,
    several keys abreast. Columns that a page has no room for come below all keys of the others.
    """
    columns = list(dict.fromkeys(panel.column for panel in panels))
    keys = list(dict.fromkeys(panel.key for panel in panels))
    most = most_abreast(layout.width)
    if len(columns) == 1:
        across = min(layout.abreast, most, len(keys))
        return math.ceil(len(keys) / across), across, list(range(len(keys)))
    across = min(most, len(columns))
    places = []
    for panel in panels:
        band, beside = divmod(columns.index(panel.column), across)
        places.append((band * len(keys) + keys.index(panel.key)) * across + beside)
    return math.ceil(len(columns) / across) * len(keys), across, places


def _limits(panels: Sequence[Panel]) -> tuple[float, float]:
    """Of the y axis that panels share: from 0 unless a value is below it, as R² can be."""
    seeds = pd.concat([panel.points["value"] for panel in panels])
    means = pd.concat([panel.table["mean"] - panel.table["sd"].fillna(0) for panel in panels])
    return (1.15 * min(seeds.min(), means.min()) if seeds.min() < 0 else 0.0), _top(panels)


def _top(panels: Sequence[Panel]) -> float:
    """Height of panels that share an axis: all that they show, and room above for the crosses of
    diverged networks.
    """
    heights: list[float] = []
    for panel in panels:
        table = panel.table
        heights += [panel.points["value"].max(), (table["mean"] + table["sd"].fillna(0)).max()]
        if "published_mean" in table.columns:
            heights.append((table["published_mean"] + table["published_sd"].fillna(0)).max())
        if "ceiling" in table.columns:
            heights += [table["ceiling"].max(), table["null_high"].max()]
    highest = pd.Series(heights, dtype="float64").max()  # no number where everything was lost
    return 1.15 * highest if highest > 0 else 1.0


def _name_axes(
    figure: Figure | SubFigure,
    panels: Sequence[Panel],
    places: list[int],
    across: int,
    characters: int,
) -> None:
    """Name what is measured at the left of each line, dataset and variant above each column, the
    ticks' meaning below.
    """
    one_column = len({panel.column for panel in panels}) == 1
    named: set[object] = set()
    below = {place: panel for panel, place in zip(panels, places, strict=True)}
    for axes, panel, place in zip(figure.axes, panels, places, strict=True):
        row = (panel.key, place // across)
        if row not in named and (not one_column or panel.key not in named):
            axes.set_ylabel(panel.label)
        if panel.column not in named and not one_column:
            axes.set_title("\n".join(fill(part, 32) for part in _title(panel.column)))
        under = below.get(place + across)
        if under is None or (under.ticks, under.column) != (panel.ticks, panel.column):
            axes.set_xlabel(panel.ticks)
        named |= {row, panel.key, panel.column}
    if one_column:
        title = ", ".join(_title(panels[0].column))
        figure.suptitle(fill(title, characters), fontsize=8)


def _title(column: tuple[str, str]) -> list[str]:
    """Dataset and variant in words."""
    dataset, variant = column
    return list(filter(None, [dataset_label(dataset), in_words(variant)]))
