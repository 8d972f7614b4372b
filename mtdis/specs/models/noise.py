"""Noise: codes that know nothing of the image, so that what they score is chance."""

from typing import ClassVar

from mtdis.specs.models._drawn_codes import DrawnCodes


class Noise(DrawnCodes):
    """Independent standard normal codes."""

    label: ClassVar[str] = "noise"
    colour: ClassVar[str] = "#DDDDDD"
    order: ClassVar[int] = 82
