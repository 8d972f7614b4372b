"""Scream-dSprites of disentanglement_lib without the painting: a smooth colour field stands in for
it.

As there, an image's background is the mean of a random 64×64 patch and a random colour uniform in
0..1, and the sprite inverts it. Differs from the library in the picture, a sum of waves of many
lengths, as large as the painting is there (274×219 pixels), whose bytes are ours and free; and in
when patch and colour are drawn: once for each image (see mtdis.data.rendering.sprite_variants).
Images are neither like the library's nor comparable to numbers made with them.
"""

from functools import lru_cache

import numpy as np

from mtdis.data.rendering.compiled import compiled
from mtdis.data.rendering.sprite_variants import (
    Key,
    Pixels,
    Rows,
    byte,
    noise_key,
    uniforms,
)
from mtdis.randomness import generator

NATIVE_SIZE = 64
FIELD_SIZE = 274, 219  # in pixels of a 64×64 image
WAVES = 48
SHORTEST, LONGEST = (
    12.0,
    192.0,
)  # pixels of a 64×64 image: some shorter than a sprite, some longer than a patch


@lru_cache(maxsize=4)
def field(image_size: int) -> Pixels:
    """The colour field (H, W, 3) that patches of this size are taken from: the same one, in coarser
    pixels if smaller.

    Waves of random direction and colour, their lengths log-uniform, higher the longer; each channel
    fills 0..255.
    """
    draws = generator(0, "scream-free field")
    lengths = SHORTEST * (LONGEST / SHORTEST) ** draws.random(WAVES)
    angles, phases = 2 * np.pi * draws.random((2, WAVES))
    heights = np.sqrt(lengths)[:, np.newaxis] * draws.standard_normal((WAVES, 3))
    pixel = NATIVE_SIZE / image_size
    height, width = (int(size / pixel) for size in FIELD_SIZE)
    down, right = np.meshgrid(  # the centres of its pixels
        pixel * (np.arange(height) + 0.5), pixel * (np.arange(width) + 0.5), indexing="ij"
    )
    along = (
        np.multiply.outer(down, np.sin(angles)) + np.multiply.outer(right, np.cos(angles))
    ) / lengths
    sums = np.cos(2 * np.pi * along + phases) @ heights
    low, high = sums.min(axis=(0, 1)), sums.max(axis=(0, 1))
    levels: Pixels = np.rint(255 * (sums - low) / (high - low)).astype(np.uint8)
    return levels


@compiled
def _paint_all(images: Pixels, sprites: Pixels, rows: Rows, key: Key, picture: Pixels) -> None:
    size = sprites.shape[1]
    for n in range(len(sprites)):
        colour, corner = uniforms(rows[n], 0, key), uniforms(rows[n], 1, key)
        top = int(corner[0] * (picture.shape[0] - size + 1))
        left = int(corner[1] * (picture.shape[1] - size + 1))
        for i in range(size):
            for j in range(size):
                for channel in range(3):
                    behind = byte(
                        0.5 * (picture[top + i, left + j, channel] / 255.0 + colour[channel])
                    )
                    images[n, i, j, channel] = 255 - behind if sprites[n, i, j] else behind


def paint(sprites: Pixels, rows: Rows, noise_seed: int) -> Pixels:
    """Images (n, S, S, 3) in 0..255 of sprites (n, S, S) in {0, 1}, which stand in these rows (n,)
    of the full grid.
    """
    images = np.empty((*sprites.shape, 3), dtype=np.uint8)
    key = noise_key(noise_seed, "patches behind sprites")
    _paint_all(images, sprites, rows, key, field(sprites.shape[1]))
    return images
