"""Grids of small images for figures: a row of images per line, with a gap between them.

A row holds images (n, S, S, C) uint8 with 1 to 4 channels, or None where nothing is shown; rows of
one mosaic have the same n. A second or fourth channel is shown as opacity, before white.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from mtdis.reporting.drawing.style import LOST

Images = NDArray[np.uint8]
GAP = 0.08
"""Between images, as a part of an image's side."""


class Row(NamedTuple):
    """The label of a row and its images; without any, the words that stand in their place."""

    label: str
    images: Images | None
    words: str = ""


def mosaic(rows: Sequence[Images | None], size: int, count: int) -> Images:
    """One picture (height, width, 3) uint8 of the rows, white between the images and where there
    are none.
    """
    cell = size + gap(size)
    picture = np.full((cell * len(rows), cell * count, 3), 255, np.uint8)
    for line, images in enumerate(rows):
        for place, image in enumerate([] if images is None else images):
            picture[cell * line : cell * line + size, cell * place : cell * place + size] = _shown(
                image
            )
    return picture[: -gap(size), : -gap(size)]


def _shown(image: Images) -> Images:
    """An image (S, S, 1 to 4) as grey or colour (S, S, 1 or 3), its transparency before white."""
    channels = image.shape[-1]
    if channels % 2:
        return image
    opacity = image[..., -1:].astype(np.float64) / 255
    before_white: Images = np.round(opacity * image[..., :-1] + (1 - opacity) * 255).astype(
        np.uint8
    )
    return before_white


def gap(size: int) -> int:
    """Pixels between images of so many pixels."""
    return max(1, round(GAP * size))


def draw_rows(axes: Axes, rows: Sequence[Row], size: int, columns: Sequence[str]) -> None:
    """Draw rows of images, their labels at the left and those of the columns (n,) below, empty ones
    left out.
    """
    axes.imshow(mosaic([row.images for row in rows], size, len(columns)), interpolation="nearest")
    centres = [
        (size + gap(size)) * place + (size - 1) / 2 for place in range(max(len(rows), len(columns)))
    ]
    axes.set_yticks(centres[: len(rows)], [row.label for row in rows])
    labelled = [place for place, text in enumerate(columns) if text]
    axes.set_xticks([centres[place] for place in labelled], [columns[place] for place in labelled])
    axes.tick_params(length=0, pad=3)
    axes.spines[:].set_visible(False)
    middle = (size + gap(size)) * len(columns) / 2
    for centre, row in zip(centres, rows, strict=False):
        if row.words:
            axes.text(middle, centre, row.words, color=LOST, fontsize=8, ha="center", va="center")
