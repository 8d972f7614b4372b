"""How many directions codes fill, whatever the factors."""

from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field

from mtdis.specs.metric import Metric
from mtdis.specs.shown import Shown


class EffectiveRank(Metric):
    """Settings of the effective rank."""

    references: ClassVar[tuple[str, ...]] = ("gao2017",)
    shown: ClassVar[Mapping[str, Shown]] = {
        "effective_rank": Shown("effective rank", "neither", decimals=2),
        "rank": Shown("rank", "neither", decimals=1),
    }
    rotations: ClassVar[int] = 0
    permutations: ClassVar[int] = 0

    num_train: int = Field(10000, ge=2, description="sampled rows")
    batch_size: int = Field(16, ge=1, description="rows drawn at once; it orders the random calls")
