"""Boxes and arrows: what the drawings of the setting and of the network (Figures 1 and 2) are made
of.

Places are in inches from the lower left corner of a drawing.
"""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

from mtdis.reporting.drawing.sizes import PAGE
from mtdis.reporting.drawing.style import BLACK, settings

Item = TypeVar("Item")
Point = tuple[float, float]
PALE = "#F2F2F2"
TEXT = 7.5


def draw_each(
    items: Sequence[Item], draw: Callable[[Axes, Item], None], width: float, height: float
) -> Figure:
    """Draw each item in a field of this width and height, one below another and without axes, as
    small as a page needs.
    """
    scale = min(1.0, PAGE / width)
    with settings():
        figure = Figure(figsize=(PAGE, scale * height * len(items)))
        FigureCanvasAgg(figure)
        for place, item in enumerate(items):
            axes = figure.add_axes((0, 1 - (place + 1) / len(items), 1, 1 / len(items)))
            margin = (PAGE / scale - width) / 2
            axes.set(xlim=(-margin, width + margin), ylim=(0, height))
            axes.axis("off")
            draw(axes, item)
    return figure


def box(axes: Axes, corner: Point, size: Point, text: str, colour: str = BLACK) -> None:
    """Draw a box with text in its middle, its first line bold."""
    patch = FancyBboxPatch(
        corner,
        *size,
        boxstyle="round,pad=0,rounding_size=0.06",
        facecolor=PALE,
        edgecolor=colour,
        linewidth=1.2,
    )
    axes.add_patch(patch)
    title, _, rest = text.partition("\n")
    lines = rest.count("\n") + 1 if rest else 0
    x, y, step = corner[0] + size[0] / 2, corner[1] + size[1] / 2, 0.15
    label(axes, (x, y + step * lines / 2), title, fontweight="bold")
    if rest:
        label(axes, (x, y - step / 2 - 0.02), rest, linespacing=1.35)


def label(axes: Axes, place: Point, text: str, **how: Any) -> None:
    """Write text around a place."""
    look: dict[str, Any] = {"ha": "center", "va": "center", "fontsize": TEXT}
    look |= how
    low, high = axes.get_xlim()
    axes.text(*place, text, **look | {"fontsize": look["fontsize"] * PAGE / (high - low)})


def arrow(axes: Axes, start: Point, end: Point, colour: str = BLACK, **how: Any) -> None:
    """Draw an arrow from one place to another."""
    shape = {"arrowstyle": "-|>", "color": colour, "linewidth": 1.2, "shrinkA": 0, "shrinkB": 0}
    axes.annotate("", end, start, arrowprops=shape | how)
