"""Ray casting of solids into a picture with depths, and of the arm of MPI3D: all that is compiled
of its renderers.

World axes: x to the right, y away from the camera, z up. All in one file: see
mtdis.data.rendering.compiled.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mtdis.data.rendering.compiled import compiled
from mtdis.data.rendering.solids import Float64s, Pose, Solid

Float32s = NDArray[np.float32]
Pixels = NDArray[np.uint8]


class Canvas(NamedTuple):
    """Picture and depths that have been drawn so far, in samples."""

    picture: Float32s
    """Colours (S, S, 3), in 0..255."""
    depth: Float32s
    """Depth (S, S) of what is seen; infinity for the background."""


class Scenery(NamedTuple):
    """The arrays that the compiled loop draws from."""

    cameras: Float64s
    """Camera frames (3, 5, 3)."""
    rooms: Float32s
    """Still parts (3 cameras, 3 stripes, S, S, 3)."""
    depths: Float32s
    """Their depths (3, S, S)."""
    shapes: Float64s
    """Planes of the large objects (6, P, 4)."""
    bounds: Float64s
    """Spheres around them (6, 2)."""
    head: Solid
    rod: Solid
    shift: float
    """Of the rod, along the swing axis."""
    scales: Float64s
    """Of the two sizes of objects."""
    turns: Float64s
    """Angles (40,) of horizontal_axis, in radians."""
    swings: Float64s
    """Angles (40,) of vertical_axis, in radians."""
    light: Float64s
    colors: Float64s
    """Of the six objects, the head and the rod (8, 3)."""
    grain: Float64s
    """Added to every image (H, W)."""


@compiled
def _enter(planes: Float64s, scale: float, o: Float64s, d: Float64s) -> tuple[float, int]:
    """Depth at which the ray o + t·d enters planes times scale, and the face.

    (inf, 0) where it passes.
    """
    near, far, face = 0.0, np.inf, 0
    for k in range(len(planes)):
        along = planes[k, 0] * d[0] + planes[k, 1] * d[1] + planes[k, 2] * d[2]
        room = (
            planes[k, 3] * scale - planes[k, 0] * o[0] - planes[k, 1] * o[1] - planes[k, 2] * o[2]
        )
        if along < 0.0:
            if room / along > near:
                near, face = room / along, k
        elif along > 0.0:
            far = min(far, room / along)
        elif room < 0.0:
            return np.inf, 0
        if near >= far:
            return np.inf, 0
    return near, face


@compiled
def _enter_sphere(radius: float, o: Float64s, d: Float64s) -> float:
    """Depth at which the ray o + t·d enters the sphere that stands on the origin.

    Inf where it passes.
    """
    z = o[2] - radius
    a = d[0] * d[0] + d[1] * d[1] + d[2] * d[2]
    b = o[0] * d[0] + o[1] * d[1] + z * d[2]
    c = o[0] * o[0] + o[1] * o[1] + z * z - radius * radius
    if b * b < a * c:
        return np.inf
    return float((-b - math.sqrt(b * b - a * c)) / a)


@compiled
def _hit(
    planes: Float64s, scale: float, o: Float64s, d: Float64s, light: Float64s
) -> tuple[float, float]:
    """Depth at which a ray meets a solid, and the cosine between the surface there and the
    light.
    """
    if planes[0, 3] < 0.0 and planes[0, 0] == planes[0, 1] == planes[0, 2] == 0.0:
        radius = -planes[0, 3] * scale
        t = _enter_sphere(radius, o, d)
        if t == np.inf:
            return t, 0.0
        x, y, z = o[0] + t * d[0], o[1] + t * d[1], o[2] + t * d[2] - radius
        return t, (light[0] * x + light[1] * y + light[2] * z) / radius
    t, face = _enter(planes, scale, o, d)
    return t, planes[face, 0] * light[0] + planes[face, 1] * light[1] + planes[face, 2] * light[2]


@compiled
def _window(middle: float, reach: float, size: int) -> tuple[int, int]:
    """First and past-the-end sample that a solid can cover along one axis."""
    return max(0, math.floor(middle - reach)), min(size, math.ceil(middle + reach))


@compiled
def draw(
    canvas: Canvas, camera: Float64s, solid: Solid, pose: Pose, light: Float64s, color: Float64s
) -> None:
    """Draw one solid on the canvas where it is nearer than what is there.

    camera (5, 3): position, right, up, forward, and (focal length, column, row) of the optical axis
    in samples. light (5,): direction towards the light, ambient and diffuse part of the brightness.
    color (3,) in 0..255.
    """
    picture, depth = canvas
    focal, column_0, row_0 = camera[4]
    away = pose.place - camera[0]
    middle = away + pose.scale * solid.bound[0] * pose.axes[2]
    unit = focal / np.dot(middle, camera[3])
    reach = (
        1.0 + 1.1 * unit * pose.scale * solid.bound[1]
    )  # perspective shows a sphere a little larger
    left, right = _window(column_0 + unit * np.dot(middle, camera[1]), reach, len(picture))
    top, bottom = _window(row_0 - unit * np.dot(middle, camera[2]), reach, len(picture))
    origin, towards, ray = -np.dot(pose.axes, away), np.dot(pose.axes, light[:3]), np.empty(3)
    across, upwards, ahead = (
        np.dot(pose.axes, camera[1]),
        np.dot(pose.axes, camera[2]),
        np.dot(pose.axes, camera[3]),
    )
    for row in range(top, bottom):
        v = (row_0 - row - 0.5) / focal
        for column in range(left, right):
            u = (column + 0.5 - column_0) / focal
            for i in range(3):
                ray[i] = ahead[i] + u * across[i] + v * upwards[i]
            t, cosine = _hit(solid.planes, pose.scale, origin, ray, towards)
            if t < depth[row, column]:
                depth[row, column] = t
                for i in range(3):
                    picture[row, column, i] = color[i] * (light[3] + light[4] * max(cosine, 0.0))


@compiled
def _arm_axes(turn: float, swing: float) -> Float64s:
    """Axes (3, 3) of the arm as rows: the swing axis, across, and along the rod, for angles in
    radians.
    """
    cos_t, sin_t, cos_s, sin_s = math.cos(turn), math.sin(turn), math.cos(swing), math.sin(swing)
    return np.array(
        [
            [-sin_t, cos_t, 0.0],
            [-cos_s * cos_t, -cos_s * sin_t, sin_s],
            [sin_s * cos_t, sin_s * sin_t, cos_s],
        ]
    )


@compiled
def _draw_arm(canvas: Canvas, scenery: Scenery, classes: NDArray[np.int64]) -> None:
    """Head, rod and object of one image over the still parts."""
    color, shape, size, camera, _, turn, swing = classes
    frame = scenery.cameras[camera]
    upright, axes = (
        _arm_axes(scenery.turns[turn], 0.0),
        _arm_axes(scenery.turns[turn], scenery.swings[swing]),
    )
    shoulder, scale = scenery.shift * axes[0], scenery.scales[size]
    held = Solid(scenery.shapes[shape], scenery.bounds[shape])
    length = (
        2 * scenery.rod.bound[0] - scale * held.bound[0]
    )  # the rod holds every object at its centre
    draw(
        canvas,
        frame,
        scenery.head,
        Pose(upright, np.zeros(3), 1.0),
        scenery.light,
        scenery.colors[6],
    )
    draw(canvas, frame, scenery.rod, Pose(axes, shoulder, 1.0), scenery.light, scenery.colors[7])
    draw(
        canvas,
        frame,
        held,
        Pose(axes, shoulder + length * axes[2], scale),
        scenery.light,
        scenery.colors[color],
    )


@compiled
def _shrink(picture: Float32s, grain: Float64s, image: Pixels) -> None:
    """Mean of the samples of every pixel, plus the grain, rounded into 0..255."""
    size = len(image)
    samples = len(picture) // size
    for row in range(size):
        for column in range(size):
            for i in range(3):
                total = 0.0
                for y in range(row * samples, (row + 1) * samples):
                    for x in range(column * samples, (column + 1) * samples):
                        total += picture[y, x, i]
                level = total / samples**2 + grain[row, column] + 0.5
                image[row, column, i] = int(min(max(level, 0.0), 255.0))


@compiled
def draw_all(images: Pixels, classes: NDArray[np.int64], scenery: Scenery) -> None:
    """Draw one image per row of classes (N, 7) into images (N, H, W, 3)."""
    picture, depth = np.empty_like(scenery.rooms[0, 0]), np.empty_like(scenery.depths[0])
    for n in range(len(images)):
        camera, stripe = classes[n, 3], classes[n, 4]
        picture[:], depth[:] = scenery.rooms[camera, stripe], scenery.depths[camera]
        _draw_arm(Canvas(picture, depth), scenery, classes[n])
        _shrink(picture, scenery.grain, images[n])
