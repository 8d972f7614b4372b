"""Figures 6 and 9 of the paper: test images, and what decoders make of the codes of each
network.
"""

from collections.abc import Sequence
from textwrap import fill

import pandas as pd
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure, SubFigure

from mtdis.artifacts.stages import StageResult
from mtdis.reporting.drawing.mosaics import Row, draw_rows
from mtdis.reporting.drawing.sizes import PAGE, width_of
from mtdis.reporting.drawing.style import settings
from mtdis.reporting.summaries.stage_networks import Block, blocks, heading

STAGES = ("decoder",)
CAPTION = (
    "What do the codes still tell of an image? The first line shows images of the test split, each"
    " line below what a decoder, trained for one network on its frozen codes, restores of them; all"
    " decoders have the same architecture and start equal. Look at what is kept (place, size,"
    " shape, turn) and what is blurred or lost; a decoder that can't tell images apart gives the"
    " mean image. In the paper the images from the codes of the network of all tasks are sharp,"
    " those of a single task and of the untrained network blurred. Errors stand in Table 4. One"
    " seed and one single-task network are shown: the picture is an illustration, not a"
    " measurement."
)
IMAGE, LABELS, HEAD = 0.62, 1.3, 0.75
"""Inches of an image's side at most, of the labels at the left, and of a block's title with the
numbers of its images.
"""


def draw(frame: pd.DataFrame, stages: Sequence[StageResult]) -> Figure:
    """A block per dataset, variant, settings and seed: a line of test images and one per
    network.
    """
    del frame  # no value is shown
    found = blocks(stages)
    # Where all networks of a block diverged, nothing is known of its test images.
    sound = [n.result for block in found for n in block.networks if not n.result.diverged]
    most = max([6, *(len(result.arrays["inputs"]) for result in sound)])
    image = min(IMAGE, (PAGE - LABELS) / most)
    heights = [HEAD + image * (1 + len(block.networks)) for block in found]
    width = width_of(LABELS + image * most)
    with settings():
        figure = Figure(figsize=(width, sum(heights)), layout="constrained")
        FigureCanvasAgg(figure)
        parts = figure.subfigures(len(found), 1, height_ratios=heights, squeeze=False)[:, 0]
        for part, block in zip(parts, found, strict=True):
            _draw_block(part, block, int(width * 12))
    return figure


def _draw_block(figure: SubFigure, block: Block, characters: int) -> None:
    sound = [network.result.arrays for network in block.networks if not network.result.diverged]
    rows = [Row("input", sound[0]["inputs"])] if sound else []
    for network in block.networks:
        lost = network.result.diverged
        images = None if lost else network.result.arrays["reconstructions"]
        rows.append(Row(fill(network.label, 16), images, "diverged" if lost else ""))
    count = len(sound[0]["inputs"]) if sound else 0
    figure.suptitle(heading([block.title, f"n = {count} test images"], characters), fontsize=8)
    axes = figure.add_subplot()
    size = sound[0]["inputs"].shape[1] if sound else 8
    draw_rows(axes, rows, size, [str(number) for number in range(1, count + 1)] or [""])
    axes.set_ylabel("decoded from the codes of")
    axes.set_xlabel("test image")
