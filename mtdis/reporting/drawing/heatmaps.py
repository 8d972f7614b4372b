"""Two fields as the axes of heat maps: a panel per key, kind, dataset and variant."""

import math
from collections.abc import Mapping, Sequence
from textwrap import fill
from typing import Any, NamedTuple

import pandas as pd
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator

from mtdis.reporting.drawing.panels import score_label
from mtdis.reporting.drawing.sizes import PAGE, width_of
from mtdis.reporting.drawing.style import LOST, UNKNOWN, settings
from mtdis.reporting.labels import dataset_label, in_words, row_label, shown

COLOURS = colormaps["cividis"]
"""Made for colour-blind readers (Nuñez et al. 2018), dark for low values."""
CELL, TALL, BESIDE, ABOVE = 0.55, 0.36, 1.45, 0.75
"""Inches of a cell's width and height, and of what stands beside and above and below them."""
ABREAST = 3
"""Panels side by side where there is one kind, dataset and variant."""


class Crossed(NamedTuple):
    """A field's name, and the texts of its values in their order."""

    name: str
    values: Sequence[str]


class Map(NamedTuple):
    """A panel: what names its line and its place in the line, its words and its cells."""

    key: tuple[str, ...]
    line: str
    title: str
    cells: Mapping[tuple[str, str], dict[Any, Any]]


def draw_heatmaps(lines: pd.DataFrame, across: Crossed, up: Crossed) -> Figure:
    """Draw the mean of each cell as colour and number; keys and kinds downwards, datasets and
    variants across. `lines` are those of `grid_lines`.
    """
    maps = _maps(lines)
    width = BESIDE + CELL * len(across.values)
    down, wide, places = _places(maps, max(1, int(PAGE / width)))  # numbers can't be narrower
    keys = list(dict.fromkeys(one.key for one in maps))
    with settings():
        height = 0.3 + down * (ABOVE + TALL * len(up.values))
        figure = Figure(figsize=(width_of(wide * width), height), layout="constrained")
        FigureCanvasAgg(figure)
        axes = [figure.add_subplot(down, wide, place + 1) for place in places]
        for key in keys:
            own = [(a, one) for a, one in zip(axes, maps, strict=True) if one.key == key]
            _draw_key(figure, own, across, up, keys)
        figure.supxlabel(_counts(lines), fontsize=7)
    return figure


def _maps(lines: pd.DataFrame) -> list[Map]:
    """The panels in the order of the lines; titles say what differs among those of a line."""
    several = {name: lines[name].nunique() > 1 for name in ("dataset", "column", "row")}
    beside = several["dataset"] or several["column"]
    found = []
    by = ["metric", "key", "settings", "row", "dataset", "column"]
    for (metric, key, own, row, dataset, variant), part in lines.groupby(by, sort=False):
        where = [dataset_label(str(dataset)), fill(in_words(str(variant)), 32)]
        where += [] if beside else [row_label(str(row))]
        title = "\n".join(filter(None, where))
        line = row_label(str(row)) if beside else ""
        cells = {(cell["x"], cell["y"]): cell for cell in part.to_dict("records")}
        found.append(Map((str(metric), str(key), str(own)), line, title, cells))
    return found


def _places(maps: Sequence[Map], most: int) -> tuple[int, int, list[int]]:
    """The height and width of the grid, and each panel's place: of one title, keys abreast."""
    rows = list(dict.fromkeys((one.key, one.line) for one in maps))
    titles = list(dict.fromkeys(one.title for one in maps))
    if len(titles) == 1:
        wide = min(ABREAST, most, len(rows))
        return math.ceil(len(rows) / wide), wide, list(range(len(maps)))
    wide = min(most, len(titles))
    places = []
    for one in maps:
        band, place = divmod(titles.index(one.title), wide)
        places.append((band * len(rows) + rows.index((one.key, one.line))) * wide + place)
    return math.ceil(len(titles) / wide) * len(rows), wide, places


def _draw_key(
    figure: Figure,
    panels: Sequence[tuple[Axes, Map]],
    across: Crossed,
    up: Crossed,
    keys: list[tuple[str, ...]],
) -> None:
    """Draw the panels of one key on one scale of colours, and a bar beside each line of them."""
    means = [cell["mean"] for _, one in panels for cell in one.cells.values() if cell["n"]]
    low, high = (min(means), max(means)) if means else (0.0, 1.0)
    high = max(high, low + 1e-6)
    scale = ScalarMappable(Normalize(low, high), COLOURS)
    for axes, one in panels:
        for x, first in enumerate(across.values):
            for y, second in enumerate(up.values):
                _draw_cell(axes, x, y, one.cells.get((first, second)), scale)
        axes.set(xlim=(-0.5, len(across.values) - 0.5), ylim=(-0.5, len(up.values) - 0.5))
        axes.set_xticks(range(len(across.values)), [fill(in_words(v), 9) for v in across.values])
        axes.set_yticks(range(len(up.values)), [fill(in_words(v), 12) for v in up.values])
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)
        axes.set_xlabel(across.name)
        axes.set_ylabel("\n".join(filter(None, [one.line, up.name])))
        axes.set_title(one.title)
    key = panels[0][1].key
    label = score_label(key, keys, means)
    for line in _lines([axes for axes, _ in panels]):  # one beside each: lines of keys take turns
        bar = figure.colorbar(
            scale, ax=line, aspect=14, pad=0.02, shrink=0.8, ticks=_ticks(low, high)
        )
        bar.set_label(label)
        bar.outline.set_visible(False)


def _ticks(low: float, high: float) -> list[float]:
    """Two or three round values of a scale, none beyond it, where its label would stand alone."""
    return [float(v) for v in MaxNLocator(2).tick_values(low, high) if low <= v <= high]


def _lines(panels: Sequence[Axes]) -> list[list[Axes]]:
    """The panels that stand beside each other."""
    lines: dict[int, list[Axes]] = {}
    for axes in panels:
        place = axes.get_subplotspec()
        assert place is not None
        lines.setdefault(place.rowspan.start, []).append(axes)
    return list(lines.values())


def _draw_cell(
    axes: Axes, x: int, y: int, cell: dict[Any, Any] | None, scale: ScalarMappable
) -> None:
    """A cell's colour with mean, spread and what was lost; hatched where there is no value."""
    middle: Any = {"ha": "center", "va": "center", "fontsize": 6}
    if cell is None or not cell["n"]:
        hatched: Any = {"facecolor": "#EEEEEE", "edgecolor": "#BBBBBB", "hatch": "////"}
        axes.add_patch(Rectangle((x - 0.5, y - 0.5), 1, 1, linewidth=0, **hatched))
        behind = {"facecolor": "white", "edgecolor": "none", "pad": 1}
        words = _lost(cell) or "no run"
        axes.text(x, y, words, color=LOST if cell else UNKNOWN, bbox=behind, **middle)
        return
    red, green, blue, _ = colour = scale.to_rgba(cell["mean"])
    look: Any = {"facecolor": colour, "edgecolor": "white", "linewidth": 0.8}
    axes.add_patch(Rectangle((x - 0.5, y - 0.5), 1, 1, **look))
    light = 0.299 * red + 0.587 * green + 0.114 * blue > 0.46
    axes.text(x, y, _words(cell), color="black" if light else "white", **middle)


def _words(cell: dict[Any, Any]) -> str:
    places = shown(cell["metric"], cell["key"]).decimals
    spread = [] if pd.isna(cell["sd"]) else [f"± {cell['sd']:.{places}f}"]
    lost = _lost(cell)
    mean = f"{cell['mean']:.{places}f}".replace("-", "−")
    return "\n".join([mean, *spread, *([lost] if lost else [])])


def _lost(cell: dict[Any, Any] | None) -> str:
    if cell is None:
        return ""
    return "\n".join(f"{cell[word]} {word}" for word in ("diverged", "failed") if cell[word])


def _counts(lines: pd.DataFrame) -> str:
    """How many seeds the cells have, which stands below all panels."""
    counts = lines.loc[lines["n"] > 0, "n"]
    if counts.empty:
        return "n = 0: no cell has a value"
    several = f" to {counts.max()}" if counts.nunique() > 1 else ""
    spread = "mean ± standard deviation (ddof 1)" if counts.max() > 1 else "values"
    return f"cells: {spread} of n = {counts.min()}{several} seed{'s' if counts.max() > 1 else ''}"
