"""Color-dSprites of disentanglement_lib from our own renderer: sprites of a random colour."""

from typing import ClassVar

from mtdis.specs.datasets._sprite_variant import SpriteVariant


class DspritesColorRendered(SpriteVariant):
    """Sprites of a light colour, drawn for each image, on black; 737,280 images in full."""

    display_name: ClassVar[str] = "Color-dSprites (rendered)"
