"""Pictures lie within the page while it is small, beside it from then on."""

from base64 import b64decode
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mtdis.reporting.page.pictures import Pictures, png_of

PAGE = Path("study/index.html")
RNG = np.random.default_rng(0)


def image_of(source: str) -> np.ndarray:
    return np.asarray(Image.open(BytesIO(b64decode(source.partition(",")[2]))))


@pytest.mark.parametrize("channels", [1, 3])
def test_a_sheet_has_each_image_at_its_place(channels: int) -> None:
    images = RNG.integers(0, 256, (2, 3, 4, 4, channels), dtype=np.uint8)
    sheet = Pictures(PAGE).sheet(list(images))
    assert (sheet.across, sheet.down, sheet.width, sheet.height) == (3, 2, 4, 4)
    found = image_of(sheet.source).reshape(8, 12, channels)
    for line in range(2):
        for column in range(3):
            tile = found[4 * line : 4 * line + 4, 4 * column : 4 * column + 4]
            np.testing.assert_array_equal(tile, images[line, column])


def test_what_would_make_the_page_too_large_lies_beside_it() -> None:
    small, large = (png_of(RNG.integers(0, 256, (n, n, 3), dtype=np.uint8)) for n in (4, 40))
    pictures = Pictures(PAGE, most=len(small) + 1)
    assert pictures.place(small).startswith("data:image/png;base64,")
    source = pictures.place(large)
    pictures.write()
    assert (PAGE.parent / source).read_bytes() == large
    assert source.startswith("index_files/")
    mine = PAGE.parent / "index_files/mine.png"
    mine.write_bytes(b"")
    Pictures(PAGE).write()
    assert list(mine.parent.iterdir()) == [mine], "an earlier page's are gone, others stay"


def test_without_large_pictures_nothing_lies_beside_the_page() -> None:
    pictures = Pictures(PAGE)
    pictures.place(png_of(np.zeros((2, 2, 1), np.uint8)))
    pictures.write()
    assert not PAGE.parent.exists()
