"""MPI3D-real, the genuine file (Gondal et al. 2019, the full release)."""

from typing import ClassVar

from mtdis.specs.datasets._mpi3d_release import CITATION, LICENCE, urls
from mtdis.specs.genuine import GenuineFile, GenuineGrid
from mtdis.specs.grids import MPI3D, Grid


class Mpi3dReal(GenuineGrid):
    """A robot arm that carries an object in front of a ring, photographed, 1,036,800 images in
    full.
    """

    references: ClassVar[tuple[str, ...]] = ("gondal2019",)
    display_name: ClassVar[str] = "MPI3D-real"
    replica_of: ClassVar[str] = "MPI3D"
    full_grid: ClassVar[Grid] = MPI3D
    channels: ClassVar[int] = 3
    white: ClassVar[int] = 255
    files: ClassVar[tuple[GenuineFile, ...]] = (
        # The MD5 of 2019. The authors uploaded a corrected file in April 2025, whose sum is
        # published nowhere.
        GenuineFile(
            "mpi3d_real.npz", urls("mpi3d_real.npz"), md5="0f33f609918fb5c97996692f91129802"
        ),
    )
    licence: ClassVar[str] = LICENCE
    citation: ClassVar[str] = CITATION
