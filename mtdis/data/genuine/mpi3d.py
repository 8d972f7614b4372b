"""MPI3D from its npz files, which hold images alone: a row's factors are its place in the grid (C
order).
"""

from collections.abc import Iterator
from pathlib import Path

from mtdis.data.chunks import Chunk
from mtdis.data.genuine import downloads
from mtdis.data.genuine import npz as npz_stream
from mtdis.data.genuine.checks import chunks_of
from mtdis.specs.genuine import GenuineGrid


def chunks(spec: GenuineGrid, folder: Path) -> Iterator[Chunk]:
    """The dataset from the file below `folder`, streamed.

    ArtifactError if it is missing or not the one expected.
    """
    (path,) = downloads.verified_files(spec, folder)
    return chunks_of(
        spec, npz_stream.blocks(path, "images", (spec.full_grid.count, *spec.image_shape), "uint8")
    )
