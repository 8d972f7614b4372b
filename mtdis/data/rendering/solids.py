"""Convex solids as planes, of which the scene of MPI3D is built.

A solid is an array of planes (P, 4) in its own frame: a point p is inside iff planes[k, :3]·p ≤
planes[k, 3] for every k. Rows of zeros with bound 1 cut nothing, so that solids can be padded to
one length. A sphere is one row (0, 0, 0, −radius): its lowest point is the origin.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Float64s = NDArray[np.float64]


class Solid(NamedTuple):
    """A convex solid in its own frame."""

    planes: Float64s
    """(P, 4), see the module."""
    bound: Float64s
    """A sphere around it: height of its centre over the origin, and its radius."""


class Pose(NamedTuple):
    """Place and size of a solid."""

    axes: Float64s
    """Its axes in the world, as rows (3, 3)."""
    place: Float64s
    """Its origin in the world (3,)."""
    scale: float


def prism(sides: int, radius: float, bottom: float, top: float) -> Float64s:
    """Planes (sides + 2, 4) of an upright prism whose corners lie on a circle around z.

    One face looks along x.
    """
    walls = _walls(sides, radius * math.cos(math.pi / sides), 0.0)
    return np.concatenate([walls, [(0, 0, 1, top), (0, 0, -1, -bottom)]])


def pyramid(sides: int, radius: float, height: float) -> Float64s:
    """Planes (sides + 1, 4) of an upright pyramid on z = 0, base corners on a circle around z, tip
    at `height`.
    """
    apothem = radius * math.cos(math.pi / sides)
    return np.concatenate([_walls(sides, apothem, apothem / height), [(0, 0, -1, 0)]])


def sphere(radius: float) -> Float64s:
    """The row (1, 4) that stands for a sphere on the origin."""
    return np.array([(0.0, 0.0, 0.0, -radius)])


def box(half: tuple[float, float, float], centre: tuple[float, float, float]) -> Float64s:
    """Planes (6, 4) of a box with the given half edges around `centre`."""
    sides = [
        (sign * axis, sign * c + h)
        for axis, c, h in zip(np.eye(3), centre, half, strict=True)
        for sign in (1, -1)
    ]
    return np.array([(*normal, bound) for normal, bound in sides])


def _walls(sides: int, apothem: float, slope: float) -> Float64s:
    angle = 2 * math.pi * np.arange(sides) / sides
    flat = np.full(sides, slope), np.full(sides, apothem)
    return np.stack([np.cos(angle), np.sin(angle), *flat], axis=1) / math.hypot(1, slope)
