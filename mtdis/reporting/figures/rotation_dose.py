"""R² of tasks learned from codes against the angle that the codes were turned by."""

from collections.abc import Sequence
from textwrap import fill

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure, SubFigure
from matplotlib.lines import Line2D

from mtdis.artifacts.stages import StageResult
from mtdis.reporting.drawing.panels import write_diverged
from mtdis.reporting.drawing.sizes import width_of
from mtdis.reporting.drawing.style import settings
from mtdis.reporting.summaries.rotation_dose import MIG, Curve, curves, verdict
from mtdis.reporting.summaries.stage_networks import Block, Network, blocks, heading

STAGES = ("rotation_dose",)
CAPTION = (
    "Do aligned codes make tasks easier to learn? White codes of one network are turned in random"
    " planes, every vector by exactly the angle on the x axis: information stays, alignment with"
    " the axes goes, as MIG (left) shows. Then tasks are learned from so many images: by heads with"
    " Adam; by heads with plain gradient descent from Gaussian values, for which a rotation can"
    " make no difference (negative control); and by boosted trees, which cut along the axes"
    " (positive control: if theirs does not fall, nothing is learned from the others). Thin lines"
    " are sets of planes, each with rows and initial heads of its own that all angles share; dots"
    " are their means. R² on other images, mean over tasks; axes differ between panels. Titles have"
    " the verdicts: flat within 0.01 of R² at every angle (two one-sided t-tests over the sets of"
    " planes, the largest p), else falling (a one-sided t-test of a slope per set), else neither"
    " shown: what does not fall significantly is not therefore flat. p are not corrected for the"
    " number of panels."
)
LABELS = {
    MIG: "MIG",
    "adam": "heads, Adam",
    "sgd": "heads, gradient descent (SGD)",
    "trees": "boosted trees",
}
SHORT = {MIG: "MIG", "adam": "Adam", "sgd": "SGD", "trees": "trees"}
COLOURS = {MIG: "#000000", "adam": "#332288", "sgd": "#44AA99", "trees": "#CC6677"}
"""For colour-blind readers, by Tol (2021), muted; not those of kinds of run."""
PANEL, HEIGHT, LEGEND = 2.8, 3.1, 0.45
"""Inches of a panel's width, of a network's line of panels, and of the legend."""
LEAST_SPAN = 0.1
"""Of the y axis, so that noise is not drawn as a trend."""


def draw(frame: pd.DataFrame, stages: Sequence[StageResult]) -> Figure:
    """A line of panels per network: MIG, then R² for each number of images that are learned
    from.
    """
    del frame  # the arrays say it all
    found = [(block, network) for block in blocks(stages) for network in block.networks]
    most = max(1 + len(network.result.spec["train_rows"]) for _, network in found)
    arms = [arm for arm in LABELS if any(arm in network.result.arrays for _, network in found)]
    heights = [*[HEIGHT] * len(found), LEGEND]
    with settings():
        width = width_of(PANEL * most)
        figure = Figure(figsize=(width, sum(heights)), layout="constrained")
        FigureCanvasAgg(figure)
        parts = figure.subfigures(len(heights), 1, height_ratios=heights, squeeze=False)[:, 0]
        for part, (block, network) in zip(parts, found, strict=False):
            _draw_network(part, block, network, int(width * 12))
        handles = [
            Line2D([], [], color=COLOURS[arm], marker="o", label=LABELS[arm]) for arm in arms
        ]
        parts[-1].legend(handles=handles, loc="center", ncols=len(handles), frameon=False)
    return figure


def _draw_network(figure: SubFigure, block: Block, network: Network, characters: int) -> None:
    spec, title = network.result.spec, [block.title, network.label]
    title.append(f"n = {spec['rotations']} sets of planes")
    figure.suptitle(heading(title, characters), fontsize=8, fontweight="bold")
    if network.result.diverged:
        write_diverged(figure.add_subplot())
        return
    found = curves(network.result)
    panels = [[found[0]]]
    panels += [[c for c in found if c.images == size] for size in spec["train_rows"]]
    for axes, lines in zip(figure.subplots(1, len(panels)), panels, strict=True):
        _draw_panel(axes, lines, spec["angles"])


def _draw_panel(axes: Axes, lines: Sequence[Curve], angles: Sequence[float]) -> None:
    """One panel's curves, with their verdicts as its title."""
    for curve in lines:
        colour = COLOURS[curve.arm]
        axes.plot(angles, curve.values.T, color=colour, linewidth=0.6, alpha=0.3)
        axes.plot(angles, curve.values.mean(axis=0), color=colour, marker="o", markersize=3.5)
    low, high = axes.get_ylim()
    lack = max(0.0, LEAST_SPAN - (high - low)) / 2
    axes.set_ylim(low - lack, high + lack)
    images = lines[0].images
    head = f"learned from {images:,} images" if images else "how far axes follow factors"
    said = [head, *(f"{SHORT[c.arm]}: {verdict(c)}" for c in lines)]
    axes.set_title("\n".join(fill(text, 24) for text in said), fontsize=6)
    axes.set_ylabel("R² on other images" if images else "MIG (0 to 1)")
    axes.set_xlabel("angle (degrees)")
    axes.set_xticks(np.linspace(0, max(angles), 4))
    axes.spines[["top", "right"]].set_visible(False)
