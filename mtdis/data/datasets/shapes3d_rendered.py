"""3D Shapes drawn by casting rays into its room, so that a study needs no download."""

from mtdis.data.chunks import rendered_chunks
from mtdis.data.rendering.shapes3d import render

chunks = rendered_chunks(render)
