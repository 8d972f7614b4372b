"""The standardised factors times a random matrix: all of their information, no axes of theirs."""

from typing import ClassVar, Literal

from pydantic import Field

from mtdis.specs.models._drawn_codes import DrawnCodes


class LinearMix(DrawnCodes):
    """Codes that are linear in the factors and as likely after any rotation: another seed, another
    matrix.
    """

    label: ClassVar[str] = "linear mix of factors"
    colour: ClassVar[str] = "#DDCC77"
    order: ClassVar[int] = 81

    matrix: Literal["normal", "rotation"] = Field(
        "normal",
        description=(
            "normal: independent standard normal entries; rotation: evenly drawn orthonormal rows,"
            " or where the codes are fewer than the factors the first columns of a rotation"
        ),
    )
