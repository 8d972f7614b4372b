"""Noisy-dSprites of disentanglement_lib: min(sprite + noise, 1), the noise uniform in 0..1 in each
pixel and channel.

Differs from the library in when noise is drawn: once for each image (see
mtdis.data.rendering.sprite_variants).
"""

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

WHITE = 255


@compiled
def _paint_all(images: Pixels, sprites: Pixels, rows: Rows, key: Key) -> None:
    for n in range(len(sprites)):
        for i in range(sprites.shape[1]):
            for j in range(sprites.shape[2]):
                draws = uniforms(rows[n], i * sprites.shape[2] + j, key)
                for channel in range(3):
                    images[n, i, j, channel] = WHITE if sprites[n, i, j] else byte(draws[channel])


def paint(sprites: Pixels, rows: Rows, noise_seed: int) -> Pixels:
    """Images (n, S, S, 3) in 0..255 of sprites (n, S, S) in {0, 1}, which stand in these rows (n,)
    of the full grid.

    Images of another size have noise of their own: its grain is the pixel.
    """
    images = np.empty((*sprites.shape, 3), dtype=np.uint8)
    _paint_all(images, sprites, rows, noise_key(noise_seed, "noise behind sprites"))
    return images
