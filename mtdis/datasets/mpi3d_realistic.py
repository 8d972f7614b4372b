"""MPI3D-realistic from its npz."""

from mtdis.downloads import source
from mtdis.mpi3d_files import chunks

__all__ = ["chunks", "source"]
