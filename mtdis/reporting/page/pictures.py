"""The images of a page: within it as long as it stays small, beside it from then on."""

from base64 import b64encode
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mtdis.artifacts import files

MOST = 8 * 2**20
"""Bytes of images that a page holds; the others lie beside it."""
FOLDER = "index_files"


class Sheet(NamedTuple):
    """Equal images side by side in one: its source, their numbers and size."""

    source: str
    across: int
    down: int
    width: int
    height: int


class Pictures:
    """Takes images in the order of the page and says under which address each is shown."""

    def __init__(self, page: Path, most: int = MOST) -> None:
        """Images beside the page will lie in a folder beside it."""
        self.folder = page.with_name(FOLDER)
        self.most = most
        self.within = 0
        self.beside: dict[str, bytes] = {}

    def place(self, png: bytes) -> str:
        """The source of an image: its bytes, or where it will lie."""
        if self.within + len(png) <= self.most:
            self.within += len(png)
            return f"data:image/png;base64,{b64encode(png).decode()}"
        name = f"{sha256(png).hexdigest()[:16]}.png"
        self.beside[name] = png
        return f"{FOLDER}/{name}"

    def sheet(self, rows: list[NDArray[Any]]) -> Sheet:
        """Images (n, S, S, C) uint8 in lines, n the same in each, as one image."""
        stacked = np.stack(rows)  # lines, n, S, S, C
        down, across, height, width, channels = stacked.shape
        flat = stacked.transpose(0, 2, 1, 3, 4).reshape(down * height, across * width, channels)
        return Sheet(self.place(png_of(flat)), across, down, width, height)

    def write(self) -> None:
        """Write the images that lie beside the page, and remove those of an earlier page."""
        for old in self.folder.glob(f"{'[0-9a-f]' * 16}.png"):
            if old.name not in self.beside:
                files.remove(old)
        for name, png in self.beside.items():
            files.write_bytes(self.folder / name, png)


def png_of(image: NDArray[Any]) -> bytes:
    """An image (S, T, C) uint8 of one or three channels as png: the same image, the same bytes."""
    stream = BytesIO()
    one = image[..., 0] if image.shape[-1] == 1 else image
    Image.fromarray(np.ascontiguousarray(one)).save(stream, "PNG", optimize=True)
    return stream.getvalue()
