"""dSprites from its npz; the pickled `metadata` in it is never opened."""

from collections.abc import Iterable, Iterator
from pathlib import Path

from mtdis.data.chunks import Chunk
from mtdis.data.genuine import downloads
from mtdis.data.genuine import npz as npz_stream
from mtdis.data.genuine.checks import REMEDY, Pixels, check_labels, chunks_of
from mtdis.data.genuine.downloads import source
from mtdis.errors import ArtifactError
from mtdis.specs.datasets.dsprites import Dsprites

__all__ = ["chunks", "source"]


def chunks(spec: Dsprites, folder: Path) -> Iterator[Chunk]:
    """The dataset from the file below `folder`, whose labels must be those of the grid.

    ArtifactError if not.
    """
    (path,) = downloads.verified_files(spec, folder)
    grid = spec.full_grid
    table, side = (grid.count, len(grid.names)), spec.image_shape[:2]
    check_labels(
        path, "latents_values", grid, npz_stream.blocks(path, "latents_values", table, "float64")
    )
    classes = npz_stream.blocks(path, "latents_classes", table, "int64")
    check_labels(path, "latents_classes", grid, classes, classes=True)
    images = npz_stream.blocks(path, "imgs", (grid.count, *side), "uint8")
    return chunks_of(spec, _binary(images, path))


def _binary(blocks: Iterable[Pixels], path: Path) -> Iterator[Pixels]:
    """The blocks with their channel; ArtifactError if a pixel is neither 0 nor 1."""
    for block in blocks:
        if block.max() > 1:
            raise ArtifactError(
                f"{path}: the pixels of imgs must be 0 or 1; found {block.max()}. {REMEDY}"
            )
        yield block[..., None]
