"""Images of a user in a folder of png files, in the order in which the factor table names
them.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image

from mtdis.data.own.columns import label, printable
from mtdis.data.own.images import ImageSource, Pixels, block_rows, check_size, listed, refused
from mtdis.errors import ArtifactError, nearest

CHANNELS = {"1": 1, "L": 1, "LA": 2, "RGB": 3, "RGBA": 4}
"""Of the modes that are taken: black and white, grey, colour, and both with transparency."""
BIT_DEPTH = 24
"""Place of a png's byte that says how many bits a channel has."""
INSTEAD = {"P": "RGB", "PA": "RGBA"}
DEEP_GREY = "Image.fromarray((np.asarray(Image.open(path)) >> 8).astype(np.uint8))"
"""Pillow itself would make all but the darkest 255."""
MANY = 5
"""Names of files in one message."""
CONVERT = "Convert them: `mogrify -format png *.jpg`, and name the pngs in the factor table."


def open_pngs(folder: Path, files: Sequence[str] | None) -> ImageSource:
    """Open the png files of a folder, all of which and no others `files` has to name.

    ArtifactError otherwise.
    """
    there = {
        label(file.name): file.name
        for file in listed(folder)
        if file.suffix.lower() == ".png" and not file.name.startswith(".")
    }
    if not there:
        raise ArtifactError(f"{folder} has no png image; save the images there as png. {CONVERT}")
    if files is None:
        raise ArtifactError(
            f"images lie in folder {folder}: the factor table needs a column 'image' with their"
            " names."
        )
    for name in map(label, files):
        if name not in there:
            near = nearest(name, there)
            hint = f" Did you mean '{printable(near)}'?" if near else ""
            raise ArtifactError(
                f"{folder}: the factor table names an unknown image '{printable(name)}'.{hint}"
                f" Known: {_some(sorted(there))}."
            )
    named = tuple(there[label(name)] for name in files)
    if unnamed := sorted(set(there.values()) - set(named)):
        raise ArtifactError(
            f"{folder}: {len(unnamed)} images are named by no row of the factor table:"
            f" {_some(unnamed)}. Add a row for each or take the files away."
        )
    mode, side = _described(folder / named[0])
    shape = (side, side, CHANNELS[mode])
    return ImageSource(len(named), shape, partial(_blocks, folder, named, mode, shape))


def _some(names: Sequence[str]) -> str:
    return printable(", ".join(names[:MANY])) + (" …" if len(names) > MANY else "")


def _described(path: Path) -> tuple[str, int]:
    with _opened(path) as image:
        return image.mode, image.height


@contextmanager
def _opened(path: Path) -> Iterator[Image.Image]:
    """The image before its pixels are read.

    ArtifactError if it is no png, or of a mode or size that can't be.
    """
    image, deep = _read_header(path)
    with image:
        _check(path, image, deep=deep)
        yield image


def _read_header(path: Path) -> tuple[Image.Image, bool]:
    """The image, and whether it has 16 bits a channel, of which Pillow takes 8 in silence if it is
    in colour.
    """
    try:
        with path.open("rb") as file:
            deep = file.read(BIT_DEPTH + 1)[BIT_DEPTH:] == b"\x10"
        return Image.open(path, formats=["PNG"]), deep
    except (
        OSError,
        ValueError,
        SyntaxError,
        Image.DecompressionBombError,
        Image.DecompressionBombWarning,
    ) as error:
        raise refused(path, error, "Save it again as png.") from None


def _check(path: Path, image: Image.Image, *, deep: bool) -> None:
    if deep or image.mode not in CHANNELS:
        found = f"{image.mode} with 16 bits a channel" if deep else image.mode
        other = image.mode if image.mode in CHANNELS else INSTEAD.get(image.mode, "RGB")
        converted = (
            DEEP_GREY if image.mode.startswith("I") else f"Image.open(path).convert({other!r})"
        )
        kinds = "grey or colour of 8 bits, with or without transparency,"
        raise ArtifactError(
            f"{path} is a png of mode {found}; {kinds} are possible ({', '.join(CHANNELS)})."
            f" Convert all images alike, with Pillow: {converted}.save(path)."
        )
    check_size(str(path), image.height, image.width)


def _blocks(
    folder: Path, files: Sequence[str], mode: str, shape: tuple[int, int, int]
) -> Iterator[Pixels]:
    rows = block_rows(shape)
    for start in range(0, len(files), rows):
        names = files[start : start + rows]
        yield np.stack([_pixels(folder / name, folder / files[0], mode, shape) for name in names])


def _pixels(path: Path, first: Path, mode: str, shape: tuple[int, int, int]) -> Pixels:
    with _opened(path) as image:
        if (image.mode, image.height) != (mode, shape[0]):
            raise ArtifactError(
                f"{path} is {image.height} x {image.width} of mode {image.mode}, {first} is"
                f" {shape[0]} x {shape[1]} of mode {mode}; save all images in one size and mode."
            )
        try:
            grey = image.convert("L") if mode == "1" else image
            return np.asarray(grey, np.uint8).reshape(shape)
        except (OSError, ValueError, SyntaxError) as error:
            raise refused(path, error, "Save it again as png.") from None
