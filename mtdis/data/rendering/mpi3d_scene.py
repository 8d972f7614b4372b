"""The scene of MPI3D: a post on a floor inside a coloured ring, and an arm that turns, swings and
carries an object.

mtdis.data.datasets.mpi3d_*_rendered hold a style each, fitted to genuine frames.
"""

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from mtdis.data.rendering.mpi3d_raycast import Canvas, Float32s, Pixels, Scenery, draw, draw_all
from mtdis.data.rendering.mpi3d_style import Camera, Color, Style
from mtdis.data.rendering.solids import Float64s, Pose, Solid, box, prism, pyramid, sphere

NATIVE_SIZE = 64
# rays along each side of an image: 2 per pixel at 64×64, 16 at 8×8, where changes are subtle
SAMPLES = 128
SIZES = (6, 6, 2, 3, 3, 40, 40)
ROUND = 24  # sides of the prisms and pyramids that stand for cylinders and cones


def objects(shapes: tuple[tuple[float, float], ...]) -> tuple[Float64s, Float64s]:
    """Planes (6, ROUND + 2, 4) of the large objects, which stand on the origin, and spheres around
    them (6, 2).
    """
    cone, cube, cylinder, hexagon, square, ball = shapes
    solids = [
        pyramid(ROUND, *cone),
        prism(4, cube[0], 0.0, cube[1]),
        prism(ROUND, cylinder[0], 0.0, cylinder[1]),
        prism(6, hexagon[0], 0.0, hexagon[1]),
        pyramid(4, *square),
        sphere(ball[0]),
    ]
    filling = np.array([(0.0, 0.0, 0.0, 1.0)])
    planes = [np.concatenate([s, np.repeat(filling, ROUND + 2 - len(s), axis=0)]) for s in solids]
    bounds = [(height / 2, math.hypot(radius, height / 2)) for radius, height in shapes[:5]]
    return np.stack(planes), np.array([*bounds, (ball[0], ball[0])])


def head(style: Style) -> Solid:
    """The box at the shoulder, which turns with the arm but does not swing."""
    along, across, upwards, shift = style.head_size
    bound = np.array([0.0, math.hypot(along + abs(shift), across, upwards)])
    return Solid(box((along, across, upwards), (shift, 0.0, 0.0)), bound)


def rod(style: Style) -> Solid:
    """The rod from the shoulder into the object, along z."""
    radius, length, _ = style.rod_size
    return Solid(prism(8, radius, 0.0, length), np.array([length / 2, length / 2 + radius]))


def camera_frame(camera: Camera, samples: float) -> Float64s:
    """Position, right, up, forward, and (focal length, column, row): (5, 3), in samples of
    1/samples pixel.
    """
    elevation, azimuth, roll = np.radians([camera.elevation, camera.azimuth, camera.roll])
    level = np.array([math.cos(azimuth), math.sin(azimuth), 0.0])
    ahead = np.array([-math.sin(azimuth), math.cos(azimuth), 0.0])
    forward = math.cos(elevation) * ahead - np.array([0.0, 0.0, math.sin(elevation)])
    above = np.cross(level, forward)
    right = math.cos(roll) * level + math.sin(roll) * above
    up = math.cos(roll) * above - math.sin(roll) * level
    optics = samples * np.array([camera.zoom * camera.distance, camera.column, camera.row])
    return np.stack([-camera.distance * forward, right, up, forward, optics])


def light_of(style: Style) -> Float64s:
    """Direction towards the light (3), ambient and diffuse part."""
    azimuth, elevation = np.radians(style.light[:2])
    flat = math.cos(elevation)
    return np.array(
        [flat * math.cos(azimuth), flat * math.sin(azimuth), math.sin(elevation), *style.light[2:]]
    )


def grain_of(style: Style, size: int) -> Float64s:
    """A pattern of noise (size, size), the same in every image, so that it tells nothing about the
    factors.
    """
    return np.random.RandomState(0).normal(0.0, style.grain * size / NATIVE_SIZE, (size, size))


def _tinted(colors: tuple[Color, Color, Color], side: int) -> Float64s:
    """A colour that changes over the image: (side, side, 3)."""
    at = (np.arange(side) + 0.5) / side
    down, aside = at[:, None, None] - 0.5, (2 * at[None, :, None] - 1) ** 2
    middle, gain, edge = (np.array(c) for c in colors)
    tinted: Float64s = middle + down * gain + aside * edge
    return tinted


def empty_room(style: Style, camera: Camera, stripe: Color, frame: Float64s, side: int) -> Float32s:
    """Floor, ring and backdrop (side, side, 3) without post and arm, in 0..255."""
    focal, column, row = frame[4]
    at = np.arange(side) + 0.5
    u, v = (at[None, :, None] - column) / focal, (row - at[:, None, None]) / focal
    rays = frame[3] + u * frame[1] + v * frame[2]
    below = rays[..., 2] < 0
    reach = (style.ring[2] - frame[0, 2]) / np.where(below, rays[..., 2], -1.0)
    radius = np.where(
        below, np.hypot(*(frame[0, i] + reach * rays[..., i] for i in range(2))), np.inf
    )[..., None]
    floor, backdrop = _tinted(camera.floor, side), _tinted(camera.backdrop, side)
    room = np.where(
        radius < style.ring[0], floor, np.where(radius > style.ring[1], backdrop, np.array(stripe))
    )
    return np.clip(room, 0, 255).astype(np.float32)


def still_parts(style: Style, camera: Camera, stripe: Color, samples: float, side: int) -> Canvas:
    """The parts that do not move, in side × side samples of 1/samples pixel: the room, the post and
    its base.
    """
    frame = camera_frame(camera, samples)
    canvas = Canvas(
        empty_room(style, camera, stripe, frame, side),
        np.full((side, side), np.inf, dtype=np.float32),
    )
    radius, bottom, top = style.post_size
    bound = np.array([bottom / 2, abs(bottom) + style.base_size[0]])
    pose = Pose(np.eye(3), np.zeros(3), 1.0)
    base = Solid(prism(ROUND, style.base_size[0], bottom, bottom + style.base_size[1]), bound)
    draw(canvas, frame, base, pose, light_of(style), np.array(style.base))
    post = Solid(prism(ROUND, radius, bottom, top), bound)
    draw(canvas, frame, post, pose, light_of(style), np.array(style.post))
    return canvas


@lru_cache(maxsize=8)
def scenery_of(style: Style, size: int) -> Scenery:
    """The scene of a style, ready to draw images of size × size pixels."""
    side = size * math.ceil(SAMPLES / size)
    samples = side / NATIVE_SIZE
    stills = [
        [still_parts(style, c, s, samples, side) for s in style.stripes] for c in style.cameras
    ]
    shapes, bounds = objects(style.shapes)
    return Scenery(
        cameras=np.stack([camera_frame(c, samples) for c in style.cameras]),
        rooms=np.stack([[canvas.picture for canvas in row] for row in stills]),
        depths=np.stack([row[0].depth for row in stills]),
        shapes=shapes,
        bounds=bounds,
        head=head(style),
        rod=rod(style),
        shift=style.rod_size[2],
        scales=np.array([style.small, 1.0]),
        turns=np.radians(np.linspace(*style.horizontal, SIZES[5])),
        swings=np.radians(np.linspace(*style.vertical, SIZES[6])),
        light=light_of(style),
        colors=np.array([*style.objects, style.head, style.rod]),
        grain=grain_of(style, size),
    )


def _classes(values: Float64s, image_size: int) -> NDArray[np.int64]:
    values = np.ascontiguousarray(values, dtype=np.float64)
    if values.ndim != 2 or values.shape[1] != len(SIZES):
        raise ValueError(
            f"The 'values' parameter of render must have shape (N, 7). Got {values.shape} instead."
        )
    if image_size < 1:
        raise ValueError(
            f"The 'image_size' parameter of render must be at least 1. Got {image_size} instead."
        )
    for column, size in enumerate(SIZES):
        known = np.isin(values[:, column], np.arange(size))
        if not known.all():
            found = values[:, column][~known][0]
            raise ValueError(
                f"Column {column} of 'values' must hold the classes 0 to {size - 1}. Got {found}"
                " instead."
            )
    return values.astype(np.int64)


def render_scene(style: Style, values: Float64s, image_size: int) -> Pixels:
    """Draw images (N, image_size, image_size, 3) in 0..255 from raw factor values (N, 7), which are
    classes.

    Columns in the genuine file's order: object_color (white, green, red, blue, brown, olive),
    object_shape (cone, cube, cylinder, hexagonal prism, pyramid, sphere), object_size (small,
    large), camera_height (top, middle, bottom), background_color (purple, sea green, salmon),
    horizontal_axis (0..39: the arm turns around the post, at first it swings in the image plane)
    and vertical_axis (0..39: it swings from left over upright to right). Each image depends on its
    own row alone. Raises ValueError for values of another shape or that are no classes, and for a
    size that is not positive.
    """
    classes = _classes(values, image_size)
    images = np.empty((len(classes), image_size, image_size, 3), dtype=np.uint8)
    draw_all(images, classes, scenery_of(style, image_size))
    return images
