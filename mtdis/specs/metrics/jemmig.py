"""Joint entropy minus mutual information gap, JEMMIG (Do and Tran 2020)."""

from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field

from mtdis.specs.metric import Metric
from mtdis.specs.shown import Shown


class Jemmig(Metric):
    """Settings of JEMMIG."""

    references: ClassVar[tuple[str, ...]] = ("do2020",)
    shown: ClassVar[Mapping[str, Shown]] = {
        "jemmig": Shown("JEMMIG (nats)", "lowest"),
        "normalised_jemmig": Shown("normalised JEMMIG", "lowest"),
    }
    rotations: ClassVar[int] = 499

    num_train: int = Field(10000, ge=2, description="sampled rows")
    num_bins: int = Field(
        20, ge=2, description="bins of each code between its smallest and largest value"
    )
    batch_size: int = Field(16, ge=1, description="rows drawn at once; it orders the random calls")
