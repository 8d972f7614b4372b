"""torch's CPU generator in numpy, so that tasks drawn with torch can be drawn again without it.

Both libraries use MT19937 seeded by `init_genrand`: the 32-bit words of `RandomState(seed)` are
those of `torch.manual_seed(seed)`. What differs is how words become floats: ATen's rules are
restated here and tested against torch itself.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]

BLOCK = 16
"""torch fills normals 16 at a time, 8 radii and 8 angles; a tensor of fewer is drawn value by
value.
"""


class TorchStream:
    """The draws of float32 tensors on the CPU after `torch.manual_seed(seed)`, call by call.

    Seeds are 0 ≤ seed < 2³².
    """

    def __init__(self, seed: int) -> None:
        self._generator = np.random.RandomState(seed)
        self._spare: float | None = (
            None  # second half of a Box–Muller pair, kept between short draws
        )

    def words(self, size: int) -> NDArray[np.uint32]:
        """The next `size` raw 32-bit words, shape (size,)."""
        return self._generator.randint(0, 2**32, size=size, dtype=np.uint32)

    def uniform(self, size: int, low: float = 0.0, high: float = 1.0) -> Floats:
        """The very values of `torch.empty(size).uniform_(low, high)`: shape (size,), from low to
        high.

        Rounded once, as torch does on any processor with fused multiply-add.
        """
        start, stop = np.float32(low), np.float32(high)
        wide = self._fractions(size).astype(np.float64) * float(stop - start) + float(start)
        return wide.astype(np.float32)

    def normal(self, size: int, std: float = 1.0) -> Floats:
        """The values of `torch.empty(size).normal_(0, std)`: shape (size,), equal to float32
        rounding.

        torch's own last bits differ between processors; these don't.
        """
        if size < BLOCK:
            draws = np.array([self._next_normal() for _ in range(size)], dtype=np.float64)
        else:
            draws = self._long_normal(size)
        return (draws * std).astype(np.float32)

    def _fractions(self, size: int) -> Floats:
        """Uniform float32 in [0, 1): the 24 low bits of each word."""
        return (self.words(size) & 0xFFFFFF).astype(np.float32) * np.float32(2**-24)

    def _long_normal(self, size: int) -> Doubles:
        fractions = self._fractions(size)
        whole = size - size % BLOCK
        draws = np.empty(size)
        draws[:whole] = _box_muller(fractions[:whole])
        if whole < size:  # torch draws the last 16 again rather than fill a part of a block
            draws[-BLOCK:] = _box_muller(self._fractions(BLOCK))
        return draws

    def _next_normal(self) -> float:
        """One normal of the scalar path: two uniforms make two normals, the second waits for its
        turn.
        """
        if self._spare is not None:
            draw, self._spare = self._spare, None
            return draw
        angle = 2 * np.pi * self._double()
        radius = np.sqrt(-2 * np.log1p(-self._double()))
        self._spare = float(radius * np.sin(angle))
        return float(radius * np.cos(angle))

    def _double(self) -> float:
        """Uniform float64 in [0, 1): the 53 low bits of two words, the first word high."""
        high, low = (int(word) for word in self.words(2))
        return float((high << 32 | low) & (2**53 - 1)) * 2.0**-53


def _box_muller(fractions: Floats) -> Doubles:
    """Normals from uniforms, (16 n,) → (16 n,).

    Angles are rounded to float32 as torch rounds them.
    """
    pairs = fractions.reshape(-1, 2, BLOCK // 2)
    radius = np.sqrt(-2 * np.log(1 - pairs[:, 0].astype(np.float64)))
    angle = (np.float32(2 * np.pi) * pairs[:, 1]).astype(np.float64)
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=1).reshape(-1)
