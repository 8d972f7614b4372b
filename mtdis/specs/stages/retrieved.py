"""Retrieved factors by rank correlation of the codes of the test split (paper, appendix I, Table
7).
"""

from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field

from mtdis.specs.shown import Shown
from mtdis.specs.stage import NetworkStage


class Retrieved(NetworkStage):
    """Settings of the paper's count and of the matched version beside it."""

    shown: ClassVar[Mapping[tuple[str, str], Shown]] = {
        ("retrieved", "components"): Shown("retrieved components", decimals=1),
        ("matched", "components"): Shown("matched components", decimals=1),
    }

    alpha: float = Field(
        0.05, gt=0, lt=1, description="level below which a correlation is significant"
    )
    permutations: int = Field(
        999, ge=19, description="permutations of the factors' rows that make the null"
    )
    seed: int = Field(
        1,
        ge=0,
        lt=2**32,
        description="seed of the halves of the test split and of the permutations",
    )
