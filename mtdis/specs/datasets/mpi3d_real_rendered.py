"""MPI3D-real from our own renderer: the factors, order and raw values of the genuine file."""

from typing import ClassVar

from mtdis.specs.dataset import RenderedGrid
from mtdis.specs.grids import MPI3D, Grid


class Mpi3dRealRendered(RenderedGrid):
    """A robot arm that carries an object in front of a ring, in the light of the photographs,
    1,036,800 images.
    """

    references: ClassVar[tuple[str, ...]] = ("gondal2019",)
    display_name: ClassVar[str] = "MPI3D-real (rendered)"
    replica_of: ClassVar[str] = "MPI3D"
    full_grid: ClassVar[Grid] = MPI3D
    channels: ClassVar[int] = 3
    white: ClassVar[int] = 255
