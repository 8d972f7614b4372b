"""Cars3D, the genuine file (Reed et al. 2015)."""

from typing import ClassVar

from mtdis.specs.genuine import GenuineFile, GenuineGrid
from mtdis.specs.grids import Grid, indices


class Cars3d(GenuineGrid):
    """183 car models seen from around, made smaller to 64×64, 17,568 images in full."""

    references: ClassVar[tuple[str, ...]] = ("reed2015",)
    display_name: ClassVar[str] = "Cars3D"
    full_grid: ClassVar[Grid] = Grid(
        ("elevation", "azimuth", "object"), (indices(4), indices(24), indices(183))
    )
    channels: ClassVar[int] = 3
    white: ClassVar[int] = 255
    files: ClassVar[tuple[GenuineFile, ...]] = (
        GenuineFile(
            "nips2015-analogy-data.tar.gz",
            (
                "https://www.scottreed.info/files/nips2015-analogy-data.tar.gz",
                "http://www.scottreed.info/files/nips2015-analogy-data.tar.gz",
            ),
            md5="4e866a7919c1beedf53964e6f7a23686",
        ),
    )
    licence: ClassVar[str] = "none stated"
    citation: ClassVar[str] = "Reed, Zhang, Zhang, Lee: Deep Visual Analogy-Making. NeurIPS 2015"
