"""Figure 2 of the paper: the network that all tasks share an encoder of, with its real shapes."""

from collections.abc import Sequence
from math import log2

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from mtdis.artifacts.stages import StageResult
from mtdis.reporting.drawing.schematics import PALE, arrow, box, draw_each, label
from mtdis.reporting.drawing.style import BLACK, row_colour
from mtdis.reporting.labels import dataset_label, row_label
from mtdis.reporting.summaries.layers import Described, Layer, shape_text, with_tasks

STAGES = ("architecture",)
READS = "tasks"
SCHEMATIC = True
CAPTION = (
    "The network that learns the tasks, after the paper's Figure 2, its shapes and parameters read"
    " off the module that is trained: the encoder turns an image into codes, and every head sees"
    " these codes and nothing else, so that what the tasks need must pass through them. Above each"
    " block what makes it, below it its output (channels, height and width, or units). Blocks are"
    " as high as images, and as wide as channels, on logarithmic scales. Rectifiers (ReLU) follow"
    " all layers of the encoder but the last."
)
HEIGHT, MIDDLE = 3.2, 1.65
STEP = 1.0
"""Inches from block to block."""
HEADS = (2.55, 1.65, 0.75)
"""Where heads stand: the first, the second, and the last."""


def draw(frame: pd.DataFrame, stages: Sequence[StageResult]) -> Figure:
    """A drawing per dataset."""
    del frame  # no score is shown
    networks = with_tasks(stages)
    widest = max(len(network.parts["encoder"]) for network in networks)
    return draw_each(networks, _draw, STEP * (widest + 1) + 3.2, HEIGHT)


def _draw(axes: Axes, network: Described) -> None:
    encoder, colour = network.parts["encoder"], row_colour(network.run.name())
    height, width, channels = network.run.dataset.image_shape
    title = f"{dataset_label(network.run.dataset.title)}, {row_label(network.run.name())}"
    label(axes, (sum(axes.get_xlim()) / 2, HEIGHT - 0.12), title, fontsize=8)
    blocks: list[tuple[str, Sequence[int]]] = [("image", (channels, height, width))]
    for layer in encoder:
        made_by = [layer.name, *(layer.settings.split(", ") if layer.settings else ["(codes)"])]
        blocks.append(("\n".join(made_by), layer.output))
    for place, (words, shape) in enumerate(blocks):
        _block(axes, STEP * (place + 0.5), words, shape)
    for place in range(len(encoder)):
        left, right = (_width(blocks[place + i][1]) / 2 for i in (0, 1))
        arrow(
            axes,
            (STEP * (place + 0.5) + left + 0.03, MIDDLE),
            (STEP * (place + 1.5) - right - 0.03, MIDDLE),
        )
    total = sum(layer.parameters for layer in encoder)
    label(axes, (STEP * (len(blocks) + 1) / 2, 0.22), f"shared encoder: {total:,} parameters")
    _heads(axes, STEP * (len(blocks) - 0.5), network.parts["heads"], colour)


def _block(axes: Axes, x: float, words: str, shape: Sequence[int]) -> None:
    # of codes the height of one pixel for each doubling of their number
    side = 0.16 + 0.2 * log2(shape[-1] if len(shape) == 3 else shape[0])
    width = _width(shape)
    axes.add_patch(
        Rectangle((x - width / 2, MIDDLE - side / 2), width, side, facecolor=PALE, edgecolor=BLACK)
    )
    label(axes, (x, MIDDLE + side / 2 + 0.06), words, va="bottom", fontsize=6.5)
    label(axes, (x, MIDDLE - side / 2 - 0.06), shape_text(shape), va="top")


def _width(shape: Sequence[int]) -> float:
    return 0.12 + 0.045 * log2(shape[0]) if len(shape) == 3 else 0.14


def _heads(axes: Axes, start: float, layers: Sequence[Layer], colour: str) -> None:
    """The heads beside the codes: all up to three, else the first two and the last."""
    count, left, width = layers[0].copies, start + 0.75, 2.2
    names = (
        ["all tasks"]
        if count == 1 and layers[-1].output[0] > 1
        else [f"task {t}" for t in range(1, count + 1)]
    )
    shown = names if count <= 3 else [*names[:2], names[-1]]
    places = HEADS if len(shown) > 1 else HEADS[1:2]
    units = " – ".join(str(layer.output[0]) for layer in layers)
    for name, y in zip(shown, places, strict=False):
        activation = f", {layers[0].activation}" if layers[0].activation else ""
        box(axes, (left, y - 0.28), (width, 0.56), f"head of {name}\n{units}{activation}", colour)
        arrow(axes, (start + 0.12, MIDDLE), (left - 0.03, y), colour)
    if count > 3:
        label(axes, (left + width / 2, (HEADS[1] + HEADS[2]) / 2), "⋮", fontsize=10)
    total = sum(layer.parameters for layer in layers)
    label(
        axes,
        (left + width / 2, 0.22),
        f"{count} head{'s' if count > 1 else ''} of {total:,} parameters",
    )
