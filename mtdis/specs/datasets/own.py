"""A user's own images with a table of their factors, which lie in own/<label>."""

import re
from math import prod
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, field_validator, model_validator

from mtdis.specs.dataset import Dataset

SIZES = (8, 16, 32, 64, 128)
"""Heights and widths that the encoder halves to one pixel, and the decoder makes from one."""
FILE = r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}"
"""A file's or folder's name; without a slash, so that no config leaves the user's folder."""
FACTOR = r"[A-Za-z][A-Za-z0-9_-]{0,59}"
"""A factor's name, as tables and figures can show it."""


class Own(Dataset):
    """Images and factor table of own/<label>.

    `mtdis own LABEL` looks into the files and prints all the settings.
    """

    first: ClassVar[tuple[str, ...]] = ("label", "checksum")
    white: ClassVar[int] = 255

    label: str = Field(description="folder of own/ that holds the files")
    images: str = Field(
        "images", description="in that folder: a folder of png images, or an h5, npz or npy file"
    )
    table: str = Field(
        "factors.csv", description="in that folder: the csv or parquet file with the factors"
    )
    factors: tuple[str, ...] = Field(
        min_length=1, description="names of the factors, in the table's order"
    )
    class_counts: tuple[Annotated[int, Field(ge=1)], ...] = Field(
        description="number of classes of each factor"
    )
    factor_grid: Literal["incomplete", "complete"] = Field(
        "incomplete",
        description=(
            "complete: each combination of classes is there exactly once, the last factor varying"
            " fastest"
        ),
    )
    rows: int = Field(ge=1, description="number of images")
    image_size: int = Field(64, description="height and width in pixels: 8, 16, 32, 64 or 128")
    channels: int = Field(3, ge=1, le=4, description="of an image")
    checksum: str = Field(
        description="of images, classes and values, so that other data are another dataset"
    )

    @field_validator("label", "images", "table")
    @classmethod
    def _stays_in_its_folder(cls, value: str) -> str:
        if not re.fullmatch(FILE, value):
            raise ValueError(
                "a name without a folder is needed, of letters, digits, '.', '_' and '-'"
            )
        return value

    @field_validator("factors")
    @classmethod
    def _can_be_shown(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for name in value:
            if not re.fullmatch(FACTOR, name) or value.count(name) > 1:
                raise ValueError(
                    f"factor '{name}': each has a name of its own, a letter and then letters,"
                    " digits, '_' and '-'"
                )
        return value

    @field_validator("image_size")
    @classmethod
    def _halves_to_one(cls, value: int) -> int:
        if value not in SIZES:
            raise ValueError(
                "the encoder halves images down to one pixel: use 8, 16, 32, 64 or 128"
            )
        return value

    @field_validator("checksum")
    @classmethod
    def _was_computed(cls, value: str) -> str:
        if not re.fullmatch(
            r"sha256-[0-9a-f]{16}", value
        ):  # a letter in front: YAML reads digits as a number
            raise ValueError(
                "this is no checksum; `mtdis own` with the label prints the whole entry"
            )
        return value

    @model_validator(mode="after")
    def _counts_agree(self) -> Self:
        possible = prod(self.class_counts)
        if len(self.class_counts) != len(self.factors):
            raise ValueError(
                f"{len(self.factors)} factors need as many class_counts; found"
                f" {len(self.class_counts)}"
            )
        if possible == 1:
            raise ValueError("none of the factors has two classes: there is nothing to disentangle")
        if max(self.class_counts) > self.rows:
            raise ValueError(
                f"{max(self.class_counts)} classes of one factor need as many images; found"
                f" {self.rows}"
            )
        if self.complete and self.rows != possible:
            raise ValueError(f"a complete factor_grid has {possible} rows here; found {self.rows}")
        return self

    @property
    def title(self) -> str:
        """The name in long tables and for people."""
        return f"own {self.label}"

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the factors."""
        return self.factors

    @property
    def sizes(self) -> tuple[int, ...]:
        """Number of classes of each factor."""
        return self.class_counts

    @property
    def count(self) -> int:
        """Number of images."""
        return self.rows

    @property
    def complete(self) -> bool:
        """True if each combination of classes is there exactly once, in C order."""
        return self.factor_grid == "complete"

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """(height, width, channels) of an image."""
        return self.image_size, self.image_size, self.channels

    @property
    def sources(self) -> tuple[str, ...]:
        """Images and table, in the working folder."""
        return f"own/{self.label}/{self.images}", f"own/{self.label}/{self.table}"
