"""Common to the variants of dSprites: the sprites of our renderer, and draws that belong to an
image.

A draw is a function of (noise_seed, the image's flat index in the full grid, number of the draw)
alone, by the counter-based generator Philox4x32-10 (Salmon et al. 2011, "Parallel random numbers:
as easy as 1, 2, 3"). So chunks, sub-grids and the order of rows change no byte. Each image is drawn
once, and all networks and metrics see the same. disentanglement_lib draws from the random stream of
whoever asks for images, each time that an image is shown: there noise never repeats, neither
between epochs nor between metrics.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mtdis.data.chunks import Chunk, drawn_chunks
from mtdis.data.rendering.compiled import compiled
from mtdis.data.rendering.dsprites import render
from mtdis.randomness import stream_seed
from mtdis.specs.datasets._sprite_variant import SpriteVariant

Pixels = NDArray[np.uint8]
Rows = NDArray[np.int64]
Words = tuple[np.uint64, np.uint64, np.uint64, np.uint64]
Key = tuple[np.uint64, np.uint64]
Four = tuple[float, float, float, float]
Paint = Callable[[Pixels, Rows, int], Pixels]
"""Sprites (n, S, S) in {0, 1}, their rows in the full grid (n,) and the noise_seed to images (n, S,
S, 3).
"""

LOW = np.uint64(2**32 - 1)
HALF = np.uint64(32)
MULTIPLIERS = np.uint64(0xD2511F53), np.uint64(0xCD9E8D57)
STEPS = np.uint64(0x9E3779B9), np.uint64(0xBB67AE85)
ROUNDS = 10


@compiled
def philox(counter: Words, key: Key) -> Words:
    """Philox4x32-10: four random words of 32 bits of a counter and a key of such words."""
    a, b, c, d = counter
    first, second = key
    for _ in range(ROUNDS):
        left, right = MULTIPLIERS[0] * a, MULTIPLIERS[1] * c
        a, b, c, d = (
            (right >> HALF) ^ b ^ first,
            right & LOW,
            (left >> HALF) ^ d ^ second,
            left & LOW,
        )
        first, second = (first + STEPS[0]) & LOW, (second + STEPS[1]) & LOW
    return a, b, c, d


@compiled
def uniforms(row: int, number: int, key: Key) -> Four:
    """Four draws in 0..1, 1 excluded: those of one number for the image in one row of the full
    grid.
    """
    zero = np.uint64(0)
    a, b, c, d = philox((np.uint64(number), np.uint64(row), zero, zero), key)
    return a / 2.0**32, b / 2.0**32, c / 2.0**32, d / 2.0**32


@compiled
def byte(brightness: float) -> int:
    """The nearest pixel value of a brightness in 0..1."""
    return int(255.0 * brightness + 0.5)


def noise_key(noise_seed: int, variant: str) -> Key:
    """The key of a variant's draws: the two halves of a stream's seed."""
    high, low = divmod(stream_seed(noise_seed, variant), 2**32)
    return np.uint64(high), np.uint64(low)


def painted_chunks(paint: Paint) -> Callable[[SpriteVariant, Path], Iterator[Chunk]]:
    """The `chunks` of a variant's module, drawn by `paint(sprites, rows, noise_seed)`."""

    def draw(spec: SpriteVariant, rows: Rows, values: NDArray[np.float64]) -> Pixels:
        return paint(render(values, spec.image_size)[..., 0], rows, spec.noise_seed)

    return drawn_chunks(draw)
