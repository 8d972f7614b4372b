"""smallNORB, the genuine files (LeCun et al.

2004); MD5s as disent lists them, sizes as TensorFlow Datasets does.
"""

from typing import ClassVar

from mtdis.specs.genuine import GenuineFile, GenuineGrid
from mtdis.specs.grids import Grid, indices

FOLDER = "https://cs.nyu.edu/~ylclab/data/norb-v1.0-small"
TRAINING = "smallnorb-5x46789x9x18x6x2x96x96-training"
TESTING = "smallnorb-5x01235x9x18x6x2x96x96-testing"


def _file(part: str, kind: str, md5: str, size: int) -> GenuineFile:
    name = f"{part}-{kind}.mat.gz"
    return GenuineFile(name, (f"{FOLDER}/{name}",), md5, size)


class SmallNorb(GenuineGrid):
    """50 toys photographed in grey, the first image of each stereo pair, made smaller to 64×64,
    48,600 in full.
    """

    references: ClassVar[tuple[str, ...]] = ("lecun2004",)
    display_name: ClassVar[str] = "smallNORB"
    full_grid: ClassVar[Grid] = Grid(
        ("category", "instance", "elevation", "azimuth", "lighting"),
        (indices(5), indices(10), indices(9), indices(18), indices(6)),
    )
    channels: ClassVar[int] = 1
    white: ClassVar[int] = 255
    files: ClassVar[tuple[GenuineFile, ...]] = (
        _file(TRAINING, "dat", "66054832f9accfe74a0f4c36a75bc0a2", 131896188),
        _file(TRAINING, "cat", "23c8b86101fbf0904a000b43d3ed2fd9", 348),
        _file(TRAINING, "info", "51dee1210a742582ff607dfd94e332e3", 71052),
        _file(TESTING, "dat", "e4ad715691ed5a3a5f138751a4ceb071", 130799817),
        _file(TESTING, "cat", "5aa791cd7e6016cf957ce9bdb93b8603", 347),
        _file(TESTING, "info", "a9454f3864d7fd4bb3ea7fc3eb84924e", 10428),
    )
    licence: ClassVar[str] = "research use"
    citation: ClassVar[str] = (
        "LeCun, Huang, Bottou: Learning Methods for Generic Object Recognition with Invariance to"
        " Pose and Lighting. CVPR 2004"
    )
