"""3D Shapes from our own renderer: the factors, order and raw values of the genuine file."""

from typing import ClassVar

from mtdis.specs.dataset import RenderedGrid
from mtdis.specs.grids import SHAPES3D, Grid


class Shapes3dRendered(RenderedGrid):
    """A cube, cylinder, sphere or capsule in a coloured room, 480,000 images in full."""

    references: ClassVar[tuple[str, ...]] = ("burgess2018", "kim2018")
    display_name: ClassVar[str] = "Shapes3D (rendered)"
    replica_of: ClassVar[str] = "Shapes3D"
    full_grid: ClassVar[Grid] = SHAPES3D
    channels: ClassVar[int] = 3
    white: ClassVar[int] = 255
