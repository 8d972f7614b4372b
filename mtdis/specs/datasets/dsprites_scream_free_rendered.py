"""Scream-dSprites of disentanglement_lib from our own renderer, with a computed background instead
of the painting.
"""

from typing import ClassVar

from mtdis.specs.datasets._sprite_variant import SpriteVariant


class DspritesScreamFreeRendered(SpriteVariant):
    """Sprites that invert a tinted patch of a smooth colour field, both drawn for each image.

    737,280 in full.
    """

    display_name: ClassVar[str] = "Scream-free dSprites (rendered)"
