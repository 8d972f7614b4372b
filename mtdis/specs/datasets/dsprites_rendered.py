"""dSprites from our own renderer: the factors, order and raw values of the genuine file."""

from typing import ClassVar

from mtdis.specs.dataset import RenderedGrid
from mtdis.specs.grids import DSPRITES, Grid


class DspritesRendered(RenderedGrid):
    """White squares, ellipses and hearts on black, 737,280 images in full."""

    references: ClassVar[tuple[str, ...]] = ("matthey2017",)
    display_name: ClassVar[str] = "dSprites (rendered)"
    replica_of: ClassVar[str] = "dSprites"
    full_grid: ClassVar[Grid] = DSPRITES
    channels: ClassVar[int] = 1
    white: ClassVar[int] = 1
