"""Figures 7 and 10 to 12 of the paper: how decoded images change along each latent dimension."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure, SubFigure
from numpy.typing import NDArray

from mtdis.artifacts.stages import StageResult
from mtdis.reporting.drawing.mosaics import Row, draw_rows
from mtdis.reporting.drawing.sizes import width_of
from mtdis.reporting.drawing.style import row_colour, settings
from mtdis.reporting.summaries.stage_networks import Block, Network, blocks, heading

STAGES = ("traversal",)
CAPTION = (
    "What does each code stand for? A test image, its reconstruction, and what the decoder shows"
    " when one code is moved away from the image's own value, or set, and the others are held;"
    ' frames of one network are in the colour of its kind. The paper\'s "-1 to 1" says neither'
    " which nor in which unit; the axis says what was done here. Raw units are those of"
    " the code itself and mean nothing where codes have another scale"
    " (those of an untrained network spread over thousandths, so that one raw unit leaves all that"
    " its decoder has ever seen); sd is that code's standard deviation over the test split, the"
    " same step for all networks. The released notebook did a third thing: it standardised the"
    " codes of an image among themselves and added the offset twice. Look for lines in which one"
    " factor alone changes (place, size, turn): that code is disentangled. The paper saw some for"
    " the network of all tasks, and mere degradation for a single task and the untrained network."
    " One image of one seed is shown: an illustration, not a measurement."
)
IMAGE, LABELS, HEAD = 0.24, 0.85, 0.8
"""Inches of a frame's side, of the labels at the left, and of title and axis of a network's grid.
"""
MOST = 11
"""Frames of a line: of more offsets, so many evenly spaced ones are shown."""
UNITS = {
    ("add", "raw"): "offset from the image's code (raw units)",
    ("add", "sd"): "offset from the image's code (sd of that code)",
    ("set", "raw"): "value of the code (raw units)",
    ("set", "sd"): "value of the code (its sd, from its mean)",
}


def draw(frame: pd.DataFrame, stages: Sequence[StageResult]) -> Figure:
    """A grid per network, two abreast: image and reconstruction on top, a line per latent
    dimension.
    """
    del frame  # no value is shown
    found = blocks(stages)
    across = 2 if max(len(block.networks) for block in found) > 1 else 1
    heights = [sum(_line_heights(block, across)) + 0.35 for block in found]
    width = width_of(across * (LABELS + IMAGE * MOST))
    with settings():
        figure = Figure(figsize=(width, sum(heights)), layout="constrained")
        FigureCanvasAgg(figure)
        parts = figure.subfigures(len(found), 1, height_ratios=heights, squeeze=False)[:, 0]
        for part, block in zip(parts, found, strict=True):
            _draw_block(part, block, across, int(width * 12))
    return figure


def _line_heights(block: Block, across: int) -> list[float]:
    """Inches of each line of grids."""
    results = [network.result for network in block.networks]
    # The words for a network that diverged take the room of two lines.
    dimensions = [2 if each.diverged else len(each.arrays["frames"]) for each in results]
    heights = [HEAD + IMAGE * (2 + count) for count in dimensions]
    return [max(heights[start : start + across]) for start in range(0, len(heights), across)]


def _draw_block(figure: SubFigure, block: Block, across: int, characters: int) -> None:
    images = 0 if all(n.result.diverged for n in block.networks) else 1
    figure.suptitle(heading([block.title, f"n = {images} test image"], characters), fontsize=8)
    heights = _line_heights(block, across)
    grids = figure.subfigures(len(heights), across, height_ratios=heights, squeeze=False)
    for part, network in zip(grids.ravel(), block.networks, strict=False):
        _draw_network(part, network)


def _draw_network(figure: SubFigure, network: Network) -> None:
    """One network's grid, with the unit of its offsets."""
    axes = figure.add_subplot()
    if network.result.diverged:
        draw_rows(axes, [Row("", None, "diverged")], 8, [""] * MOST)
    else:
        _draw_frames(axes, network.result.arrays)
        spec = network.result.spec
        axes.set_xlabel(UNITS[spec.get("move", "add"), spec["unit"]])
    axes.spines[:].set(visible=True, color=row_colour(network.kind), linewidth=1.5)
    axes.set_title(network.label)


def _draw_frames(axes: Axes, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Draw image and reconstruction in every column, so that each frame can be held against them,
    then the frames.
    """
    places = _evenly(len(arrays["offsets"]), MOST)
    count = len(places)
    rows = [
        Row(name, np.repeat(arrays[name][None], count, 0)) for name in ("input", "reconstruction")
    ]
    rows += [Row(f"code {n}", frames[places]) for n, frames in enumerate(arrays["frames"], start=1)]
    # of the ticks the first, the last and three between, so that no two labels touch
    labelled = set(_evenly(count, 5))
    ticks = [f"{o:g}" if n in labelled else "" for n, o in enumerate(arrays["offsets"][places])]
    draw_rows(axes, rows, arrays["input"].shape[0], ticks)
    axes.set_ylabel("latent dimension")


def _evenly(count: int, most: int) -> NDArray[np.int64]:
    """At most so many places from the first to the last of `count`, evenly spaced."""
    return np.unique(np.linspace(0, count - 1, min(count, most)).round().astype(np.int64))
