"""Held-out R² of linear maps between codes and factors."""

from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field

from mtdis.specs.metric import Metric
from mtdis.specs.shown import Shown


class LinearR2(Metric):
    """Settings of linear R²."""

    shown: ClassVar[Mapping[str, Shown]] = {
        "factors_from_codes": Shown("linear R² of factors from codes"),
        "codes_from_factors": Shown("linear R² of codes from factors"),
    }
    rotations: ClassVar[int] = 0

    num_train: int = Field(10000, ge=2, description="rows that fit")
    num_test: int = Field(5000, ge=1, description="rows that score")
    batch_size: int = Field(16, ge=1, description="rows drawn at once; it orders the random calls")
