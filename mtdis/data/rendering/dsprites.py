"""dSprites drawn from its geometry, so that a study needs no download: a pixel is 1 iff its centre
is inside.

The lengths below were fitted to the 320 frames of the GIF in deepmind/dsprites-dataset (64 squares,
64 ellipses, 192 hearts): for each shape, values that draw the fewest wrong pixels on a fine grid of
values. All frames come out exact but four, the hearts of scale 0.9 at 0°, which have 2 wrong pixels
each.
"""

import math

import numpy as np
from numpy.typing import NDArray

from mtdis.data.rendering.compiled import compiled

Float64s = NDArray[np.float64]
Pixels = NDArray[np.uint8]

WHITE = 1
"""The largest pixel value, which is 1.0 once an image is scaled to 0..1."""

# The lengths are in pixels of a 64×64 image, at scale 1.
NATIVE_SIZE = 64
FIRST_CENTRE, TRAVEL = 16.0, 32.0  # the centre is at 16 + 32·posX, 16 + 32·posY
HALF_SIDE = 9.598  # 9.5967 … 9.5998 draw every genuine square exactly
HALF_WIDTH, HALF_HEIGHT = 12.766, 7.2135  # of the ellipse; exact only within 0.001 of these
# The heart is the well-known curve x = a·sin³t, up = k·(13cos t − 5cos 2t − 2cos 3t − cos 4t) + b.
# Fitted to the 126 hearts with posX or posY > 0 alone, a, k, b are the same; they draw 62 of the
# other 66 exactly.
HEART_WIDTH, HEART_HEIGHT, HEART_RAISE = 9.594, 0.6622, 1.437
REACH = (
    math.sqrt(2) * HALF_SIDE
)  # no shape has a point further from its centre than the square's corner


@compiled
def _in_heart(x: float, up: float) -> bool:
    """Return whether a point is between the boundaries at its |x|: the curve at t and π − t, with
    c = cos t ≥ 0.
    """
    if abs(x) > HEART_WIDTH:
        return False
    c2 = 1.0 - np.cbrt(x * x / (HEART_WIDTH * HEART_WIDTH))
    c = math.sqrt(max(c2, 0.0))
    middle = HEART_HEIGHT * (4.0 - 2.0 * c2 - 8.0 * c2 * c2) + HEART_RAISE
    return bool(abs(up - middle) <= HEART_HEIGHT * c * (19.0 - 8.0 * c2))


@compiled
def _inside(shape: int, x: float, down: float) -> bool:
    if shape == 1:
        return max(abs(x), abs(down)) <= HALF_SIDE
    if shape == 2:
        return bool((x / HALF_WIDTH) ** 2 + (down / HALF_HEIGHT) ** 2 <= 1.0)
    return bool(_in_heart(x, -down))


@compiled
def _window(centre: float, reach: float, size: int) -> tuple[int, int]:
    """First and past-the-end pixel that a shape can cover along one axis."""
    return max(0, math.floor(centre - reach)), min(size, math.ceil(centre + reach))


@compiled
def _draw(
    image: Pixels, shape: int, scale: float, angle: float, centre_x: float, centre_y: float
) -> None:
    """Set the pixels of a black image (size, size) whose centre, turned and scaled back, is
    inside.
    """
    cos, sin, size = math.cos(angle), math.sin(angle), image.shape[0]
    left, right = _window(centre_x, scale * REACH, size)
    top, bottom = _window(centre_y, scale * REACH, size)
    for row in range(top, bottom):
        dy = (row + 0.5 - centre_y) / scale
        for column in range(left, right):
            dx = (column + 0.5 - centre_x) / scale
            image[row, column] = _inside(shape, cos * dx - sin * dy, sin * dx + cos * dy)


@compiled
def _draw_all(images: Pixels, values: Float64s) -> None:
    unit = images.shape[1] / NATIVE_SIZE
    for n in range(len(values)):
        _, shape, scale, angle, x, y = values[n]
        centre_x = unit * (FIRST_CENTRE + TRAVEL * x)
        centre_y = unit * (FIRST_CENTRE + TRAVEL * y)
        _draw(images[n], int(shape), unit * scale, angle, centre_x, centre_y)


def _check(values: Float64s, image_size: int) -> None:
    if values.ndim != 2 or values.shape[1] != 6:
        raise ValueError(
            f"The 'values' parameter of render must have shape (N, 6). Got {values.shape} instead."
        )
    if not np.isfinite(values).all():
        raise ValueError(
            "The 'values' parameter of render must be finite. Got NaN or infinity instead."
        )
    if not np.isin(values[:, 1], (1, 2, 3)).all():
        raise ValueError(
            f"The shapes (column 1) must be 1, 2 or 3. Got {np.unique(values[:, 1])} instead."
        )
    if (values[:, 2] <= 0).any():
        raise ValueError(
            f"The scales (column 2) must be positive. Got {values[:, 2].min()} instead."
        )
    if image_size < 1:
        raise ValueError(
            f"The 'image_size' parameter of render must be at least 1. Got {image_size} instead."
        )


def render(values: Float64s, image_size: int) -> Pixels:
    """Draw images (N, image_size, image_size, 1) in {0, 1} from raw factor values (N, 6), white on
    black.

    Columns in the genuine file's order: color (not read: always white), shape (1 square, 2 ellipse,
    3 heart), scale (0.5..1), orientation (radians, counter-clockwise), posX (0..1, to the right),
    posY (0..1, down). The geometry grows with image_size, 64 in the genuine file. Each image
    depends on its own row alone. Raises ValueError for values of another shape or not finite, an
    unknown shape, and a scale or size that is not positive.
    """
    values = np.ascontiguousarray(values, dtype=np.float64)
    _check(values, image_size)
    images = np.zeros((len(values), image_size, image_size), dtype=np.uint8)
    _draw_all(images, values)
    return images[..., np.newaxis]
