"""The base of the variants of dSprites that disentanglement_lib made (Locatello et al. 2019)."""

from typing import ClassVar

from pydantic import Field

from mtdis.specs.dataset import RenderedGrid
from mtdis.specs.grids import DSPRITES, Grid


class SpriteVariant(RenderedGrid):
    """dSprites in three channels, with something drawn for each image that is no factor."""

    references: ClassVar[tuple[str, ...]] = ("matthey2017", "locatello2019")
    full_grid: ClassVar[Grid] = DSPRITES
    channels: ClassVar[int] = 3
    white: ClassVar[int] = 255

    noise_seed: int = Field(
        0, ge=0, lt=2**32, description="seed of what is drawn for each image and is no factor"
    )
