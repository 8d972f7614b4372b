"""Figures 5 and 8 of the paper: UMAP of the codes of the test split, coloured by the classes of
each factor.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure, SubFigure
from matplotlib.gridspec import SubplotSpec
from numpy.typing import NDArray

from mtdis.artifacts.stages import StageResult
from mtdis.randomness import generator
from mtdis.reporting.drawing.panels import write_diverged
from mtdis.reporting.drawing.sizes import PAGE, width_of
from mtdis.reporting.drawing.style import row_colour, settings
from mtdis.reporting.summaries.stage_networks import Block, Network, blocks, heading

STAGES = ("umap",)
CAPTION = (
    "What do codes look like when neighbours are kept together? UMAP (McInnes et al. 2018) places"
    " the codes of images of the test split in the plane; a line of panels is one network, framed"
    " in the colour of its kind, and a column shows the same points coloured by the classes of one"
    " factor, dark for the first and bright for the last. Look for clusters of one colour, and for"
    " colours that change in order within a cluster: the codes hold that factor. Of a factor that"
    " turns (orientation) the first and the last class can be neighbours. Axes have no unit, and"
    " neither sizes of clusters nor distances between them mean anything; codes that are all equal"
    " give a shapeless cloud. The paper saw distinct clusters that follow the factors for the"
    " network of all tasks, on dSprites and Shapes3D more than on MPI3D, and none for the untrained"
    " and the single-task network. One seed and one single-task network are shown: the picture is"
    " an illustration, not a measurement."
)
PANEL, LABEL, NAME, BAR = 1.45, 0.5, 0.2, 0.6
"""Inches of a panel's side at most, a line's label, a factor's name above a panel, and the colour
bars with their ticks.
"""
HEAD = 0.3
"""Inches of a block's title."""
COLOURS = colormaps["viridis"](np.linspace(0, 0.94, 256))
"""Perceptually uniform and safe for colour-blind readers; without the yellow that small points lose
on white.
"""


class Embedded(NamedTuple):
    """The names of a block's factors that vary, their places among all factors, their numbers of
    classes, and how many images are embedded.
    """

    names: list[str]
    places: list[int]
    classes: list[int]
    images: str


def draw(frame: pd.DataFrame, stages: Sequence[StageResult]) -> Figure:
    """A block per dataset, variant, settings and seed: a line of panels per network, a panel per
    varying factor.
    """
    del frame  # no value is shown
    found = [(block, _embedded(block)) for block in blocks(stages)]
    most = max(3, *(len(about.names) for _, about in found))
    side = min(PANEL, (PAGE - LABEL) / most)
    heights = [HEAD + BAR + (side + NAME) * len(block.networks) for block, _ in found]
    width = width_of(LABEL + side * most)
    with settings():
        figure = Figure(figsize=(width, sum(heights)), layout="constrained")
        FigureCanvasAgg(figure)
        parts = figure.subfigures(len(found), 1, height_ratios=heights, squeeze=False)[:, 0]
        for part, (block, about) in zip(parts, found, strict=True):
            _draw_block(part, block, about, int(width * 13))
    return figure


def _embedded(block: Block) -> Embedded:
    """The factors and images of a block; nothing is known of them where all networks diverged."""
    arrays = [network.result.arrays for network in block.networks if not network.result.diverged]
    if not arrays:
        return Embedded([], [], [], "0")
    every = np.concatenate([part["factors"] for part in arrays])
    places = [place for place, column in enumerate(every.T) if column.min() < column.max()]
    names = [arrays[0]["names"][place].decode() for place in places]
    images = sorted({len(part["factors"]) for part in arrays})
    return Embedded(
        names, places, [int(every[:, p].max()) + 1 for p in places], " or ".join(map(str, images))
    )


def _draw_block(figure: SubFigure, block: Block, about: Embedded, characters: int) -> None:
    title = heading([block.title, f"n = {about.images} images of the test split"], characters)
    figure.suptitle(title, fontsize=8, fontweight="bold")
    lines = len(block.networks)
    ratios = [*[PANEL] * lines, 0.08]
    grid = figure.add_gridspec(lines + 1, max(1, len(about.names)), height_ratios=ratios)
    for line, network in enumerate(block.networks):
        if network.result.diverged:
            first = figure.add_subplot(grid[line, :])
            write_diverged(first)
            _frame(first, network)
        else:
            first = _draw_line(
                figure, [grid[line, column] for column in range(len(about.names))], network, about
            )
        first.set_ylabel(network.label.replace(", ", ",\n"))
    for column, count in enumerate(about.classes):
        _draw_bar(figure.add_subplot(grid[lines, column]), count)


def _draw_line(
    figure: SubFigure, cells: Sequence[SubplotSpec], network: Network, about: Embedded
) -> Axes:
    """Draw one network's points, a panel per factor in its classes' colours; return the first."""
    embedding, factors = (network.result.arrays[name] for name in ("embedding", "factors"))
    # an order that favours no class
    order = generator(int(network.result.spec["seed"]), "drawing order").permutation(len(embedding))
    size = float(np.clip(2500 / len(embedding), 0.3, 14))
    x, y = embedding[order].T
    panels = [figure.add_subplot(cell) for cell in cells]
    for axes, name, place, count in zip(
        panels, about.names, about.places, about.classes, strict=True
    ):
        colours = _colours(count)[factors[order, place]]
        axes.scatter(x, y, c=colours, s=size, linewidths=0, rasterized=True)
        _frame(axes, network)
        axes.set_box_aspect(1)
        axes.set_title(name.replace("_", " "))
    return panels[0]


def _frame(axes: Axes, network: Network) -> None:
    axes.set_xticks([])
    axes.set_yticks([])
    axes.spines[:].set(visible=True, color=row_colour(network.kind), linewidth=1.5)


def _draw_bar(axes: Axes, count: int) -> None:
    """The colours of a factor's classes, with the numbers of some."""
    axes.imshow(_colours(count)[None], aspect="auto", extent=(-0.5, count - 0.5, 0, 1))
    ticks = np.unique(np.linspace(0, count - 1, min(count, 4)).round().astype(int))
    axes.set_xticks(ticks, [str(tick) for tick in ticks])
    axes.set_yticks([])
    axes.tick_params(length=2, pad=2)
    axes.set_xlabel("class")


def _colours(count: int) -> NDArray[Any]:
    """A colour (count, 4) per class, from dark to bright."""
    return np.asarray(COLOURS[np.linspace(0, len(COLOURS) - 1, count).round().astype(int)])
