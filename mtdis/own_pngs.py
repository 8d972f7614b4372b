"""Reads a user's images from a folder of png files, in the order in which the factor table names them."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image

from mtdis.errors import ArtifactError, unknown
from mtdis.own_images import ImageSource, Pixels, block_rows, check_size, refused

CHANNELS = {"1": 1, "L": 1, "LA": 2, "RGB": 3, "RGBA": 4}
"""Of the modes that are taken: black and white, grey, colour, and both with transparency."""
INSTEAD = {"P": "RGB", "PA": "RGBA", "I": "L", "I;16": "L"}
MANY = 5
"""Names of files in one message."""


def open_pngs(folder: Path, files: Sequence[str] | None) -> ImageSource:
    """The png files of a folder, all of which and no others `files` has to name; ArtifactError otherwise."""
    there = {file.name for file in folder.iterdir() if file.suffix.lower() == ".png" and not file.name.startswith(".")}
    if not there:
        raise ArtifactError(f"{folder} has no png image; save the images there as png files.")
    if files is None:
        raise ArtifactError(f"images lie in folder {folder}: the factor table needs a column 'image' with their names.")
    for name in files:
        if name not in there:
            raise ArtifactError(f"{folder}: the factor table names an {unknown('image', name, sorted(there)[:MANY])}")
    if unnamed := sorted(there - set(files)):
        raise ArtifactError(
            f"{folder}: {len(unnamed)} images are named by no row of the factor table: {_some(unnamed)}. Add a row for "
            "each or take the files away."
        )
    mode, side = _described(folder / files[0])
    shape = (side, side, CHANNELS[mode])
    return ImageSource(len(files), shape, partial(_blocks, folder, tuple(files), mode, shape))


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:MANY]) + (" …" if len(names) > MANY else "")


def _described(path: Path) -> tuple[str, int]:
    with _opened(path) as image:
        return image.mode, image.height


@contextmanager
def _opened(path: Path) -> Iterator[Image.Image]:
    """The image before its pixels are read; ArtifactError if it is no png, or of a mode or size that can't be."""
    with _read_header(path) as image:
        _check(path, image)
        yield image


def _read_header(path: Path) -> Image.Image:
    try:
        return Image.open(path, formats=["PNG"])
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise refused(path, error, "Save it again as png.") from None


def _check(path: Path, image: Image.Image) -> None:
    if image.mode not in CHANNELS:
        other = INSTEAD.get(image.mode, "RGB")
        kinds = "grey or colour of 8 bits, with or without transparency,"
        raise ArtifactError(
            f"{path} is a png of mode {image.mode}; {kinds} are possible ({', '.join(CHANNELS)}). Convert all images "
            f"alike, with Pillow: Image.open(path).convert({other!r}).save(path)."
        )
    check_size(str(path), image.height, image.width)


def _blocks(folder: Path, files: Sequence[str], mode: str, shape: tuple[int, int, int]) -> Iterator[Pixels]:
    rows = block_rows(shape)
    for start in range(0, len(files), rows):
        names = files[start : start + rows]
        yield np.stack([_pixels(folder / name, folder / files[0], mode, shape) for name in names])


def _pixels(path: Path, first: Path, mode: str, shape: tuple[int, int, int]) -> Pixels:
    with _opened(path) as image:
        if (image.mode, image.height) != (mode, shape[0]):
            raise ArtifactError(
                f"{path} is {image.height} x {image.width} of mode {image.mode}, {first} is {shape[0]} x {shape[1]} of "
                f"mode {mode}; save all images in one size and mode."
            )
        try:
            grey = image.convert("L") if mode == "1" else image
            return np.asarray(grey, np.uint8).reshape(shape)
        except (OSError, ValueError, SyntaxError) as error:
            raise refused(path, error, "Save it again as png.") from None
