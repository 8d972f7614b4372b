"""MPI3D-real from its npz."""

from mtdis.data.genuine.downloads import source
from mtdis.data.genuine.mpi3d import chunks

__all__ = ["chunks", "source"]
