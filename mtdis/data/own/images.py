"""Requirements on a user's images, whatever file they lie in, and their source read in blocks."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mtdis.errors import ArtifactError
from mtdis.specs.datasets.own import SIZES

Pixels = NDArray[np.uint8]
BLOCK_BYTES = 2**26
"""Of the images that are in memory at once."""
POSSIBLE = f"{', '.join(map(str, SIZES[:-1]))} or {SIZES[-1]} pixels a side"
RESIZE = "with Pillow: image.resize((64, 64), Image.Resampling.BOX)"


@dataclass(frozen=True)
class ImageSource:
    """Images of one shape (H, W, C), and the reader of blocks of them, uint8, in order."""

    count: int
    shape: tuple[int, int, int]
    read: Callable[[], Iterator[Pixels]]


def check_size(where: str, height: int, width: int) -> None:
    """Raise ArtifactError for images of a size that no encoder halves to one pixel."""
    if height != width or height not in SIZES:
        raise ArtifactError(
            f"{where}: images are {height} x {width} (height x width); square ones of {POSSIBLE}"
            " are possible, since the encoder halves them to one pixel. Cut them square or resize"
            f" them, {RESIZE}."
        )


def check_array(
    where: str, shape: tuple[int, ...], dtype: np.dtype[Any]
) -> tuple[int, tuple[int, int, int]]:
    """Number and shape (H, W, C) of the images of an array.

    ArtifactError unless it is uint8 (N, H, W[, C]).
    """
    if dtype != np.uint8:
        raise ArtifactError(
            f"{where} is of type {dtype}; uint8 is needed, 0 black and 255 white."
            f" {_as_uint8(dtype)}"
        )
    if len(shape) not in (3, 4):
        raise ArtifactError(
            f"{where} has shape {shape}; (images, height, width) or one more for channels is"
            " needed."
        )
    count, height, width, channels = (*shape, 1)[:4]
    if len(shape) == 4 and channels > 4 and height <= 4:
        raise ArtifactError(
            f"{where} has shape {shape}; channels come last: np.moveaxis(images, 1, -1)."
        )
    if count < 1:
        raise ArtifactError(f"{where} of shape {shape} holds no image.")
    check_size(where, height, width)
    if not 1 <= channels <= 4:
        raise ArtifactError(
            f"{where} has {channels} channels; 1 to 4 are possible. Leave some out."
        )
    return count, (height, width, channels)


def _as_uint8(dtype: np.dtype[Any]) -> str:
    if dtype.kind == "f":
        return "If its values go from 0 to 1, save np.round(images * 255).astype(np.uint8)."
    if dtype.kind == "b":
        return "Save images.astype(np.uint8) * 255."
    if dtype.kind in "iu":
        return (
            "If its values go from 0 to 255, save images.astype(np.uint8); scale wider ones to that"
            " first."
        )
    return "Save the pixels as numbers: np.asarray(images).astype(np.uint8)."


def block_rows(shape: tuple[int, int, int]) -> int:
    """The number of images of a shape that are read at once."""
    return max(1, BLOCK_BYTES // int(np.prod(shape)))


def listed(folder: Path) -> list[Path]:
    """The paths in a folder; ArtifactError if it can't be read."""
    try:
        return list(folder.iterdir())
    except OSError as error:
        raise ArtifactError(
            f"{folder} can't be read: {error}. See that it is a folder you may read."
        ) from None


def refused(path: Path, error: Exception, remedy: str) -> ArtifactError:
    """The error for a file that a library can't read."""
    reason = str(error).partition("\n")[0] or type(error).__name__
    return ArtifactError(
        f"{path} can't be read: {reason}. It may be cut off or of another kind. {remedy}"
    )
