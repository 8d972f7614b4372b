"""Settings of a renderer of MPI3D images: every length, angle and colour of the scene, as plain
numbers.

Lengths are in pixels of a 64×64 image at the shoulder, where the arm is mounted, which is the
origin.
"""

from dataclasses import dataclass

Color = tuple[float, float, float]


@dataclass(frozen=True)
class Camera:
    """Place of a camera, which looks at the shoulder, and the light that it finds."""

    elevation: float
    """Degrees above the horizontal."""
    azimuth: float
    """Degrees to the left of the platform's front."""
    roll: float
    """Degrees."""
    distance: float
    zoom: float
    """Pixels per unit of length at the shoulder."""
    column: float
    """Of the shoulder in the image."""
    row: float
    floor: tuple[Color, Color, Color]
    """Colour in the middle of the image, what it gains from top to bottom, and from the middle to
    both sides.
    """
    backdrop: tuple[Color, Color, Color]
    """The same for what lies outside of the ring."""


@dataclass(frozen=True)
class Style:
    """Lengths, angles (degrees) and colours (0..255, in full light) of one kind of MPI3D images."""

    cameras: tuple[Camera, Camera, Camera]
    """Top, middle, bottom."""
    objects: tuple[Color, ...]
    """White, green, red, blue, brown, olive."""
    stripes: tuple[Color, Color, Color]
    """Of the ring, not shaded: purple, sea green, salmon."""
    post: Color
    base: Color
    head: Color
    rod: Color
    light: tuple[float, float, float, float]
    """Azimuth and elevation of the light, ambient and diffuse part of the brightness."""
    ring: tuple[float, float, float]
    """Inner and outer radius of the ring, and its height."""
    post_size: tuple[float, float, float]
    """Radius, bottom and top."""
    base_size: tuple[float, float]
    """Radius of the disc under the post, and its thickness."""
    head_size: tuple[float, float, float, float]
    """Half edges of the head along the swing axis, across and upwards, and its shift along the
    swing axis.
    """
    rod_size: tuple[float, float, float]
    """Radius of the rod, its length from the shoulder to the object's centre, and its shift along
    the swing axis.
    """
    shapes: tuple[tuple[float, float], ...]
    """Radius and height of the large cone, cube, cylinder, hexagonal prism, pyramid and sphere."""
    small: float
    """Size of a small object over that of a large one."""
    horizontal: tuple[float, float]
    """First and last angle of the arm around the post; at 0 it swings in the image plane, from left
    to right.
    """
    vertical: tuple[float, float]
    """First and last angle of the arm from upright."""
    grain: float
    """Standard deviation of a fixed pattern of noise, at 64×64 pixels."""
