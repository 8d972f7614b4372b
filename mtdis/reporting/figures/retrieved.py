"""The rank correlation of every code with every factor: what Table 7 of the paper counts (appendix
I).
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure, SubFigure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from mtdis.artifacts.stages import StageResult
from mtdis.reporting.drawing.panels import write_diverged
from mtdis.reporting.drawing.sizes import PAGE
from mtdis.reporting.drawing.style import row_colour, settings
from mtdis.reporting.summaries.stage_networks import Block, blocks, heading

STAGES = ("retrieved",)
CAPTION = (
    "Which factor does each code follow? Absolute Spearman correlation of every code (columns) with"
    " every factor that varies (lines) on the test split. A dot is what the paper's Table 7 counts:"
    " the factor of the largest significant correlation of a code, and it counts the factors with a"
    " dot. With many images nearly any correlation is significant, so that look at how dark the"
    " dotted cells are, not only at how many lines have a dot. Frames are the pairs when each code"
    " may stand for one factor only, chosen on half of the images: the other half gives the mean in"
    " the title, beside the value that 95 % of random pairings of codes and factors stay below. In"
    " a disentangled code each line and each column has one dark cell. Rank correlation sees orders"
    " only: of a factor without order (shape) or one that turns (orientation) it can miss"
    " everything. A column with crosses is a code without spread."
)
CELL, LEFT, HEAD, FOOT = 0.32, 1.0, 0.5, 0.45
"""Inches of a cell, and left of, above and below the cells of a network."""
LEGEND = 0.7
COLOURS = "Blues"
DOT: dict[str, Any] = {
    "linestyle": "none",
    "marker": "o",
    "markersize": 4,
    "color": "#D55E00",
    "markeredgewidth": 0,
}
FRAME: dict[str, Any] = {"fill": False, "edgecolor": "#000000", "linewidth": 1.3}
EMPTY_SHAPE = (8, 5)
"""Codes and factors that room is kept for where every network diverged."""


def draw(frame: pd.DataFrame, stages: Sequence[StageResult]) -> Figure:
    """A block per dataset, variant, settings and seed: a heat map per network."""
    del frame  # the arrays say it all
    found = blocks(stages)
    shapes = [EMPTY_SHAPE if s.diverged else s.arrays["correlations"].shape for s in stages]
    codes, factors = map(max, zip(*shapes, strict=True))
    most = max(len(block.networks) for block in found)
    lines = -(-most // max(1, int(PAGE / (LEFT + CELL * codes))))
    abreast = -(-most // lines)
    width = PAGE
    heights = [
        0.4 + -(-len(block.networks) // abreast) * (HEAD + CELL * factors + FOOT) for block in found
    ]
    with settings():
        figure = Figure(figsize=(width, sum(heights) + LEGEND), layout="constrained")
        FigureCanvasAgg(figure)
        parts = figure.subfigures(
            len(found) + 1, 1, height_ratios=[*heights, LEGEND], squeeze=False
        )[:, 0]
        for part, block in zip(parts, found, strict=False):
            _draw_block(part, block, abreast, int(width * 13))
        _draw_legend(parts[-1])
    return figure


def _draw_block(figure: SubFigure, block: Block, abreast: int, characters: int) -> None:
    arrays = [network.result.arrays for network in block.networks if not network.result.diverged]
    parts = [block.title, f"n = {int(arrays[0]['rows']) if arrays else 0} images of the test split"]
    if arrays and len(arrays[0]["constant_factors"]):
        parts.append(f"without {', '.join(_names(arrays[0]['constant_factors']))} (one class)")
    figure.suptitle(heading(parts, characters), fontsize=8, fontweight="bold")
    for place, network in enumerate(block.networks):
        axes = figure.add_subplot(-(-len(block.networks) // abreast), abreast, place + 1)
        title = network.label
        if network.result.diverged:
            write_diverged(axes)
        else:
            _draw_map(axes, network.result)
            values = {(row["metric"], row["key"]): row["value"] for row in network.result.rows}
            mean = values["matched", "mean_correlation"]
            luck = values["matched", "null_95_percent_correlation"]
            title += f", factors retrieved: {values['retrieved', 'components']:.0f}"
            title += f"\nmatched |ρ| {mean:.2f}, by chance < {luck:.2f}"
        axes.set_title(title)
        axes.spines[:].set(visible=True, color=row_colour(network.kind), linewidth=1.5)


def _draw_map(axes: Axes, result: StageResult) -> None:
    """Factors downwards, codes across, |ρ| as colour and number."""
    correlations = result.arrays["correlations"].T
    axes.imshow(correlations, cmap=COLOURS, vmin=0, vmax=1, aspect="equal")
    middle: Any = {"ha": "center", "va": "center", "fontsize": 6}
    for (factor, code), value in np.ndenumerate(correlations):
        text = "×" if np.isnan(value) else f"{value:.2f}".removeprefix("0")
        axes.text(code, factor, text, color="white" if value > 0.6 else "black", **middle)
    for code, factor in enumerate(result.arrays["factor_of_code"]):
        if factor >= 0:
            axes.plot(code + 0.34, factor - 0.34, **DOT)
    for code, factor in zip(
        result.arrays["matched_codes"], result.arrays["matched_factors"], strict=True
    ):
        axes.add_patch(Rectangle((code - 0.47, factor - 0.47), 0.94, 0.94, **FRAME))
    names = [name.replace("_", " ") for name in _names(result.arrays["factors"])]
    axes.set_yticks(range(len(names)), names)
    axes.set_xticks(
        range(correlations.shape[1]), [str(code + 1) for code in range(correlations.shape[1])]
    )
    axes.tick_params(length=0)
    axes.set_xlabel("code")
    axes.set_ylabel("factor")


def _draw_legend(figure: SubFigure) -> None:
    """The colours of |ρ| and the two marks, at the foot of the figure."""
    axes = figure.add_subplot(1, 2, 1)
    bar = figure.colorbar(
        ScalarMappable(Normalize(0, 1), COLOURS), cax=axes, orientation="horizontal"
    )
    axes.set_box_aspect(0.05)
    bar.set_label("|ρ|, absolute Spearman correlation (0 to 1)")
    words = ["largest significant |ρ| of the code: retrieved", "matched one to one"]
    square = Line2D(
        [], [], linestyle="none", marker="s", markersize=7, color="white", markeredgecolor="#000000"
    )
    handles = [Line2D([], [], **DOT), square]
    figure.legend(handles, words, loc="center right", frameon=False)


def _names(array: Any) -> list[str]:
    return [name.decode() for name in array]
