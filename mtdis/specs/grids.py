"""The factor grids of the published datasets: names, raw values, order (reference: the datasets'
own pages).

Plain tuples, so that planning a study needs no numpy. Rows of a grid are in C order: the last
factor varies fastest.
"""

from dataclasses import dataclass
from math import pi, prod


@dataclass(frozen=True)
class Grid:
    """Factor names and, for each factor, the raw value of every class."""

    names: tuple[str, ...]
    values: tuple[tuple[float, ...], ...]

    @property
    def sizes(self) -> tuple[int, ...]:
        """Number of classes of each factor."""
        return tuple(len(v) for v in self.values)

    @property
    def count(self) -> int:
        """Number of rows of the complete grid."""
        return prod(self.sizes)

    def part(self, classes: dict[str, tuple[int, ...]]) -> "Grid":
        """The sub-grid that keeps the given classes of the named factors, raw values unchanged."""
        kept = (
            tuple(v[c] for c in classes[n]) if n in classes else v
            for n, v in zip(self.names, self.values, strict=True)
        )
        return Grid(self.names, tuple(kept))


def linspace(start: float, stop: float, num: int) -> tuple[float, ...]:
    """`num` evenly spaced values from start to stop, both included (num ≥ 2)."""
    step = (stop - start) / (num - 1)
    return (*(start + step * i for i in range(num - 1)), stop)


def indices(num: int) -> tuple[float, ...]:
    """The values 0 .. num-1, for factors whose raw value is their class."""
    return tuple(float(i) for i in range(num))


DSPRITES = Grid(
    ("color", "shape", "scale", "orientation", "posX", "posY"),
    (
        (1.0,),
        (1.0, 2.0, 3.0),
        linspace(0.5, 1.0, 6),
        linspace(0.0, 2 * pi, 40),
        linspace(0.0, 1.0, 32),
        linspace(0.0, 1.0, 32),
    ),
)
"""dSprites (deepmind/dsprites-dataset): orientation includes both ends, so its classes 0 and 39
look the same.
"""

SHAPES3D = Grid(
    ("floor_hue", "wall_hue", "object_hue", "scale", "shape", "orientation"),
    (
        linspace(0.0, 0.9, 10),
        linspace(0.0, 0.9, 10),
        linspace(0.0, 0.9, 10),
        linspace(0.75, 1.25, 8),
        indices(4),
        linspace(-30.0, 30.0, 15),
    ),
)
"""3D Shapes (deepmind/3d-shapes): the label values of the file, not those of its README."""

MPI3D = Grid(
    (
        "object_color",
        "object_shape",
        "object_size",
        "camera_height",
        "background_color",
        "horizontal_axis",
        "vertical_axis",
    ),
    (indices(6), indices(6), indices(2), indices(3), indices(3), indices(40), indices(40)),
)
"""MPI3D toy, realistic and real (Gondal et al. 2019), the full release of 1,036,800 images."""
