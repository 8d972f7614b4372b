"""dSprites, the genuine file (deepmind/dsprites-dataset, version 1 of April 2017)."""

from typing import ClassVar

from mtdis.specs.genuine import GenuineFile, GenuineGrid
from mtdis.specs.grids import DSPRITES, Grid

NAME = "dsprites_ndarray_co1sh3sc6or40x32y32_64x64.npz"


class Dsprites(GenuineGrid):
    """White squares, ellipses and hearts on black, 737,280 images in full."""

    references: ClassVar[tuple[str, ...]] = ("matthey2017",)
    display_name: ClassVar[str] = "dSprites"
    replica_of: ClassVar[str] = "dSprites"
    full_grid: ClassVar[Grid] = DSPRITES
    channels: ClassVar[int] = 1
    white: ClassVar[int] = 1
    files: ClassVar[tuple[GenuineFile, ...]] = (
        GenuineFile(
            NAME,
            (
                f"https://github.com/deepmind/dsprites-dataset/raw/master/{NAME}",
                f"https://raw.githubusercontent.com/deepmind/dsprites-dataset/master/{NAME}",
            ),
            md5="7da33b31b13a06f4b04a70402ce90c2e",
        ),
    )
    licence: ClassVar[str] = "Apache-2.0 (repository); images made with LÖVE, zlib/libpng licence"
    citation: ClassVar[str] = (
        "Matthey, Higgins, Hassabis, Lerchner: dSprites: Disentanglement testing Sprites dataset."
        " 2017. https://github.com/deepmind/dsprites-dataset/"
    )
