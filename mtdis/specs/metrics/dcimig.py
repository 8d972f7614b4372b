"""Mutual information gap of the best code of each factor, DCIMIG (Sepliarskaia et al. 2019)."""

from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field

from mtdis.specs.metric import Metric
from mtdis.specs.shown import Shown


class Dcimig(Metric):
    """Settings of DCIMIG."""

    references: ClassVar[tuple[str, ...]] = ("sepliarskaia2019",)
    shown: ClassVar[Mapping[str, Shown]] = {
        "dcimig": Shown("DCIMIG"),
    }
    rotations: ClassVar[int] = 499

    num_train: int = Field(10000, ge=2, description="sampled rows")
    num_bins: int = Field(
        20, ge=2, description="bins of each code between its smallest and largest value"
    )
    batch_size: int = Field(16, ge=1, description="rows drawn at once; it orders the random calls")
