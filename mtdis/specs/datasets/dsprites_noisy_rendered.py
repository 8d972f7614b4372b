"""Noisy-dSprites of disentanglement_lib from our own renderer: white sprites in coloured noise."""

from typing import ClassVar

from mtdis.specs.datasets._sprite_variant import SpriteVariant


class DspritesNoisyRendered(SpriteVariant):
    """White sprites on noise, drawn for each pixel and channel of each image.

    737,280 images in full.
    """

    display_name: ClassVar[str] = "Noisy-dSprites (rendered)"
