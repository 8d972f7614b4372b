"""MPI3D-toy drawn from its geometry, so that a study needs no download."""

from mtdis.data.chunks import rendered_chunks
from mtdis.data.rendering.mpi3d_toy import render

chunks = rendered_chunks(render)
