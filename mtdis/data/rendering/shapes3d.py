"""3D Shapes drawn by casting rays into its room, so that a study needs no download.

An image is a sum of layers that do not depend on the hues: how much light each pixel gets from the
floor, the walls, the object, its gloss and the sky. There are 480 views of the object; each is cast
once and kept, and the hues are multiplied in.

The constants were fitted to the frames of the GIF (53) and the PNG (25) in deepmind/3d-shapes: all
together by CMA-ES on the mean absolute difference, over 12 frames and 15 images, then the sizes of
each round shape by Nelder-Mead. Faint textures of walls and floor are left out, and the light on
the floor is a little too even.
"""

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from mtdis.data.rendering.compiled import compiled

Float64s = NDArray[np.float64]
Layers = NDArray[np.float32]
Pixels = NDArray[np.uint8]
Vector = tuple[float, float, float]
Hit = tuple[float, Vector]
"""How many ray lengths away, and the outward normal there."""
Light = tuple[float, float, float, float, float]
"""What a ray adds to the layers floor, walls, object, gloss, sky."""

CUBE, CYLINDER, SPHERE, CAPSULE = range(4)
VIEWS = 480  # kept: all of the full grid, 39 MB at 64×64
MAX_SCALE, MAX_TURN = (
    2.0,
    45.0,
)  # beyond, the object leaves the picture, or the room its two side walls

# The room: x to the right, y up, z to the back, from the foot of the object; lengths in heights of
# the camera.
EYE_DISTANCE, EYE_HEIGHT = 3.443, 1.0
SIDE_WALL, BACK_WALL, WALL_TOP = 4.192, 4.289, 2.379
# The picture, in pixels of a 64×64 image.
NATIVE_SIZE, SAMPLES = 64, 4  # SAMPLES²: rays per pixel
FOCAL, MIDDLE_COLUMN, HORIZON = 74.58, 32.0, 31.03
# The object at scale 1.
CUBE_HALF = 0.444
CYLINDER_RADIUS, CYLINDER_HEIGHT = 0.476, 0.959
SPHERE_RADIUS, SPHERE_RAISE = 0.538, 0.539
CAPSULE_RADIUS, CAPSULE_HEIGHT = 0.412, 1.654
# A lamp in the room, behind the object to its left, aimed at a spot of the floor, and one on the
# camera.
LAMP: Vector = (-1.416, 7.505, 0.432)
AIM: Vector = (-0.303, 0.0, -0.585)
# Light of each surface without a lamp, from the lamp, from the camera's, and how the lamp falls off
# beside its aim.
FLOOR_DARK, FLOOR_LAMP, FLOOR_FALL, FLOOR_SHADOW = 0.159, 0.954, 2.14, 0.331
WALL_DARK, WALL_LAMP, WALL_EYE, FALL = 0.377, 0.359, 0.544, 2.14
LEFT_GAIN, RIGHT_GAIN = 0.904, 0.73  # the side walls are darker than the lamps explain
OBJECT_DARK, OBJECT_LAMP, OBJECT_EYE, GLOSS = 0.414, 0.658, 0.557, 0.125
SKY_RED, SKY_GREEN, SKY_BLUE = 153 / 255, 226 / 255, 249 / 255


@compiled
def _along(eye: Vector, ray: Vector, steps: float) -> Vector:
    return eye[0] + steps * ray[0], eye[1] + steps * ray[1], eye[2] + steps * ray[2]


@compiled
def _dot(a: Vector, b: Vector) -> float:
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


@compiled
def _unit(a: Vector) -> Vector:
    length = math.sqrt(_dot(a, a))
    return a[0] / length, a[1] / length, a[2] / length


@compiled
def _nearest(a: Hit, b: Hit) -> Hit:
    return a if a[0] <= b[0] else b


@compiled
def _box(eye: Vector, ray: Vector, half: float) -> Hit:
    """A cube on the floor: the last of the three slabs to be entered, if none is left before."""
    near, far, side = -math.inf, math.inf, 0
    for axis in range(3):
        offset = eye[axis] - (half if axis == 1 else 0.0)
        first = (-math.copysign(half, ray[axis]) - offset) / ray[axis]
        if first > near:
            near, side = first, axis
        far = min(far, (math.copysign(half, ray[axis]) - offset) / ray[axis])
    if not 0.0 < near < far:
        return math.inf, (0.0, 0.0, 0.0)
    sign = -math.copysign(1.0, ray[side])
    return near, (sign * (side == 0), sign * (side == 1), sign * (side == 2))


@compiled
def _entry(a: float, b: float, c: float) -> float:
    """The smaller root of a·t² + 2b·t + c where it is positive, infinity otherwise."""
    under = b * b - a * c
    if under <= 0.0:
        return math.inf
    root = (-b - math.sqrt(under)) / a
    return root if root > 0.0 else math.inf


@compiled
def _tube(eye: Vector, ray: Vector, radius: float, low: float, high: float) -> Hit:
    """The side of an upright cylinder between two heights."""
    a = ray[0] * ray[0] + ray[2] * ray[2]
    b = eye[0] * ray[0] + eye[2] * ray[2]
    steps = _entry(a, b, eye[0] * eye[0] + eye[2] * eye[2] - radius * radius)
    x, y, z = _along(eye, ray, steps)
    if not low <= y <= high:
        return math.inf, (0.0, 0.0, 0.0)
    return steps, (x / radius, 0.0, z / radius)


@compiled
def _lid(eye: Vector, ray: Vector, radius: float, height: float) -> Hit:
    """A flat disc, seen from above or, by the rays that look for shadow, from below."""
    steps = (height - eye[1]) / ray[1]
    x, _, z = _along(eye, ray, steps)
    if steps <= 0.0 or not x * x + z * z <= radius * radius:
        return math.inf, (0.0, 0.0, 0.0)
    return steps, (0.0, 1.0, 0.0)


@compiled
def _ball(eye: Vector, ray: Vector, radius: float, height: float) -> Hit:
    offset = (eye[0], eye[1] - height, eye[2])
    steps = _entry(_dot(ray, ray), _dot(offset, ray), _dot(offset, offset) - radius * radius)
    if steps == math.inf:
        return math.inf, (0.0, 0.0, 0.0)
    return steps, _unit(_along(offset, ray, steps))


@compiled
def _hit_object(shape: int, scale: float, eye: Vector, ray: Vector) -> Hit:
    """The hit of a ray on the object, infinitely far if it misses."""
    if shape == CUBE:
        return _box(eye, ray, scale * CUBE_HALF)
    if shape == CYLINDER:
        radius, height = scale * CYLINDER_RADIUS, scale * CYLINDER_HEIGHT
        return _nearest(_tube(eye, ray, radius, 0.0, height), _lid(eye, ray, radius, height))
    if shape == SPHERE:
        return _ball(eye, ray, scale * SPHERE_RADIUS, scale * SPHERE_RAISE)
    radius, top = scale * CAPSULE_RADIUS, scale * (CAPSULE_HEIGHT - CAPSULE_RADIUS)
    ends = _nearest(_ball(eye, ray, radius, radius), _ball(eye, ray, radius, top))
    return _nearest(_tube(eye, ray, radius, radius, top), ends)


@compiled
def _hit_room(eye: Vector, ray: Vector) -> Hit:
    """The hit of a ray on the floor or one of the walls, as if these had no end upwards."""
    floor = -eye[1] / ray[1] if ray[1] < 0.0 else math.inf
    back = (BACK_WALL - eye[2]) / ray[2] if ray[2] > 0.0 else math.inf
    inward = -math.copysign(1.0, ray[0])
    side = (-inward * SIDE_WALL - eye[0]) / ray[0]
    walls = _nearest((back, (0.0, 0.0, -1.0)), (side, (inward, 0.0, 0.0)))
    return _nearest((floor, (0.0, 1.0, 0.0)), walls)


@compiled
def _lamp(point: Vector, normal: Vector, fall: float) -> float:
    """Light of the lamp at a point that it sees: by its angle to the surface, and less beside its
    aim.
    """
    toward = _unit((LAMP[0] - point[0], LAMP[1] - point[1], LAMP[2] - point[2]))
    axis = _unit((LAMP[0] - AIM[0], LAMP[1] - AIM[1], LAMP[2] - AIM[2]))
    return float(max(_dot(toward, normal), 0.0) * max(_dot(toward, axis), 0.0) ** fall)


@compiled
def _shadowed(shape: int, scale: float, point: Vector) -> bool:
    toward = (LAMP[0] - point[0], LAMP[1] - point[1], LAMP[2] - point[2])
    return bool(_hit_object(shape, scale, point, toward)[0] < math.inf)


@compiled
def _cast(shape: int, scale: float, eye: Vector, ray: Vector) -> Light:
    """The light that a ray of length 1 meets."""
    room, normal = _hit_room(eye, ray)
    steps, facing = _hit_object(shape, scale, eye, ray)
    if steps < room:
        lamp = _lamp(_along(eye, ray, steps), facing, FALL)
        light = OBJECT_DARK + OBJECT_LAMP * lamp - OBJECT_EYE * _dot(ray, facing)
        return (
            0.0,
            0.0,
            light,
            GLOSS * (lamp > 0.0),
            0.0,
        )  # its gloss is one shade wherever the lamp reaches
    point = _along(eye, ray, room)
    if normal[1] > 0.0:
        lit = FLOOR_DARK + FLOOR_LAMP * _lamp(point, normal, FLOOR_FALL)
        return FLOOR_SHADOW if _shadowed(shape, scale, point) else lit, 0.0, 0.0, 0.0, 0.0
    if point[1] > WALL_TOP:
        return 0.0, 0.0, 0.0, 0.0, 1.0
    gain = RIGHT_GAIN if normal[0] < 0.0 else LEFT_GAIN if normal[0] > 0.0 else 1.0
    light = WALL_DARK + WALL_LAMP * _lamp(point, normal, FALL) - WALL_EYE * _dot(ray, normal)
    return 0.0, gain * light, 0.0, 0.0, 0.0


@compiled
def _cast_view(layers: Layers, shape: int, scale: float, turn: float, samples: int) -> None:
    """Add the light of samples² rays per pixel to black layers (size, size, 5).

    The turn is in radians.
    """
    cos, sin, size = math.cos(turn), math.sin(turn), len(layers)
    eye = (sin * EYE_DISTANCE, EYE_HEIGHT, -cos * EYE_DISTANCE)
    step = NATIVE_SIZE / (size * samples)
    for row in range(size * samples):
        up = (HORIZON - step * (row + 0.5)) / FOCAL
        for column in range(size * samples):
            right = (step * (column + 0.5) - MIDDLE_COLUMN) / FOCAL
            ray = _unit((cos * right - sin, up, sin * right + cos))
            light = _cast(shape, scale, eye, ray)
            for layer in range(5):
                layers[row // samples, column // samples, layer] += light[layer] / samples**2


@lru_cache(maxsize=VIEWS)
def _view(scale: float, shape: float, orientation: float, size: int) -> Layers:
    """Layers (size, size, 5) of one view."""
    layers = np.zeros((size, size, 5), dtype=np.float32)
    _cast_view(
        layers, int(shape), scale, math.radians(orientation), max(2, SAMPLES * NATIVE_SIZE // size)
    )
    return layers


@compiled
def _compose(images: Pixels, layers: Layers, views: NDArray[np.int64], tints: Layers) -> None:
    """Multiply the light of floor, walls and object by their tints (N, 3, 3), white at most."""
    sky = (SKY_RED, SKY_GREEN, SKY_BLUE)
    size = images.shape[1]
    for n in range(len(images)):
        for row in range(size):
            for column in range(size):
                light = layers[views[n], row, column]
                for channel in range(3):
                    value = light[3] + light[4] * sky[channel]
                    for part in range(3):
                        value += light[part] * tints[n, part, channel]
                    images[n, row, column, channel] = min(value, 1.0) * 255.0 + 0.5


def _check(values: Float64s, image_size: int) -> None:
    if values.ndim != 2 or values.shape[1] != 6:
        raise ValueError(
            f"The 'values' parameter of render must have shape (N, 6). Got {values.shape} instead."
        )
    if image_size < 1:
        raise ValueError(
            f"The 'image_size' parameter of render must be at least 1. Got {image_size} instead."
        )
    hues, scales, shapes, turns = values[:, :3], values[:, 3], values[:, 4], values[:, 5]
    rules = (
        ("values", values, np.isfinite(values), "be finite"),
        ("hues (columns 0 to 2)", hues, (hues >= 0) & (hues <= 1), "be in 0..1"),
        (
            "scales (column 3)",
            scales,
            (scales > 0) & (scales <= MAX_SCALE),
            f"be above 0 and at most {MAX_SCALE:g}",
        ),
        ("shapes (column 4)", shapes, np.isin(shapes, range(4)), "be 0, 1, 2 or 3"),
        (
            "orientations (column 5)",
            turns,
            np.abs(turns) <= MAX_TURN,
            f"be in -{MAX_TURN:g}..{MAX_TURN:g} degrees",
        ),
    )
    for name, found, good, must in rules:
        if not good.all():
            raise ValueError(f"The {name} must {must}. Got {found[~good][0]} instead.")


def render(values: Float64s, image_size: int) -> Pixels:
    """Draw images (N, image_size, image_size, 3) in 0..255 from raw factor values (N, 6).

    Columns in the genuine file's order: hues of floor, walls and object (0..1), scale (0.75..1.25),
    shape (0 cube, 1 cylinder, 2 sphere, 3 capsule), orientation (degrees, -30..30: the camera walks
    around the object). The picture grows with image_size, 64 in the genuine file. Each image
    depends on its own row alone. Raises ValueError for values of another shape or not finite, and
    for those that cannot be drawn.
    """
    values = np.ascontiguousarray(values, dtype=np.float64)
    _check(values, image_size)
    images = np.empty((len(values), image_size, image_size, 3), dtype=np.uint8)
    if len(values):
        different, views = np.unique(values[:, 3:], axis=0, return_inverse=True)
        layers = np.stack([_view(*view, image_size) for view in different.tolist()])
        # colours of full saturation and value by their hue, 0 and 1 both red
        sextants = (6.0 * values[:, :3, np.newaxis] + np.array([0.0, 4.0, 2.0])) % 6.0
        tints = np.clip(np.abs(sextants - 3.0) - 1.0, 0.0, 1.0).astype(np.float32)
        _compose(images, layers, views.reshape(-1), tints)
    return images
