"""3D Shapes, the genuine file (deepmind/3d-shapes); its size as TensorFlow Datasets lists it."""

from typing import ClassVar

from mtdis.specs.genuine import GenuineFile, GenuineGrid
from mtdis.specs.grids import SHAPES3D, Grid


class Shapes3d(GenuineGrid):
    """A cube, cylinder, sphere or capsule in a coloured room, 480,000 images in full."""

    references: ClassVar[tuple[str, ...]] = ("burgess2018", "kim2018")
    display_name: ClassVar[str] = "Shapes3D"
    replica_of: ClassVar[str] = "Shapes3D"
    full_grid: ClassVar[Grid] = SHAPES3D
    channels: ClassVar[int] = 3
    white: ClassVar[int] = 255
    files: ClassVar[tuple[GenuineFile, ...]] = (
        GenuineFile(
            "3dshapes.h5",
            ("https://storage.googleapis.com/3d-shapes/3dshapes.h5",),
            md5="099a2078d58cec4daad0702c55d06868",
            size=267573662,
        ),
    )
    licence: ClassVar[str] = "Apache-2.0"
    citation: ClassVar[str] = (
        "Burgess, Kim: 3D Shapes Dataset. 2018. https://github.com/deepmind/3d-shapes; "
        "Kim, Mnih: Disentangling by Factorising. ICML 2018"
    )
