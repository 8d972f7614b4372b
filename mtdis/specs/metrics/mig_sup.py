"""Mutual information gap of codes over factors, MIG-sup (Li et al. 2020), beside `mig`, which is
that of factors over codes.
"""

from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field

from mtdis.specs.metric import Metric
from mtdis.specs.shown import Shown


class MigSup(Metric):
    """Settings of MIG-sup."""

    references: ClassVar[tuple[str, ...]] = ("li2020",)
    shown: ClassVar[Mapping[str, Shown]] = {
        "mig_sup": Shown("MIG-sup"),
    }
    rotations: ClassVar[int] = 499

    num_train: int = Field(10000, ge=2, description="sampled rows")
    num_bins: int = Field(
        20, ge=2, description="bins of each code between its smallest and largest value"
    )
    batch_size: int = Field(16, ge=1, description="rows drawn at once; it orders the random calls")
    prune_threshold: float = Field(
        0,
        ge=0,
        description=(
            "codes with no larger standard deviation are left out; 0.1 in the authors' code, whose"
            " codes have a prior of deviation 1"
        ),
    )
