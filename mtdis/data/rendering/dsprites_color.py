"""Color-dSprites of disentanglement_lib: a sprite times a colour whose channels are uniform in
0.5..1, on black.

Differs from the library in when colours are drawn: once for each image (see
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


@compiled
def _paint_all(images: Pixels, sprites: Pixels, rows: Rows, key: Key) -> None:
    for n in range(len(sprites)):
        draws = uniforms(rows[n], 0, key)
        for i in range(sprites.shape[1]):
            for j in range(sprites.shape[2]):
                for channel in range(3):
                    images[n, i, j, channel] = sprites[n, i, j] * byte(0.5 + 0.5 * draws[channel])


def paint(sprites: Pixels, rows: Rows, noise_seed: int) -> Pixels:
    """Images (n, S, S, 3) in 0..255 of sprites (n, S, S) in {0, 1}, which stand in these rows (n,)
    of the full grid.
    """
    images = np.empty((*sprites.shape, 3), dtype=np.uint8)
    _paint_all(images, sprites, rows, noise_key(noise_seed, "colours of sprites"))
    return images
