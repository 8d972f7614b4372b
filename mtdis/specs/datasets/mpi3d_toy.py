"""MPI3D-toy, the genuine file (Gondal et al. 2019, the full release)."""

from typing import ClassVar

from mtdis.specs.datasets._mpi3d_release import CITATION, LICENCE, urls
from mtdis.specs.genuine import GenuineFile, GenuineGrid
from mtdis.specs.grids import MPI3D, Grid


class Mpi3dToy(GenuineGrid):
    """A robot arm that carries an object in front of a ring, rendered in flat colours, 1,036,800
    images in full.
    """

    references: ClassVar[tuple[str, ...]] = ("gondal2019",)
    display_name: ClassVar[str] = "MPI3D-toy"
    full_grid: ClassVar[Grid] = MPI3D
    channels: ClassVar[int] = 3
    white: ClassVar[int] = 255
    files: ClassVar[tuple[GenuineFile, ...]] = (
        GenuineFile("mpi3d_toy.npz", urls("mpi3d_toy.npz"), md5="55889cb7c7dfc655d6e0277beee88868"),
    )
    licence: ClassVar[str] = LICENCE
    citation: ClassVar[str] = CITATION
