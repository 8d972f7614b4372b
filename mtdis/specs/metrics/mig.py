"""Mutual information gap (Chen et al. 2018), settings of the disentanglement_lib study."""

from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field

from mtdis.specs.metric import Metric
from mtdis.specs.shown import Shown


class Mig(Metric):
    """Settings of MIG."""

    references: ClassVar[tuple[str, ...]] = ("chen2018", "locatello2019")
    shown: ClassVar[Mapping[str, Shown]] = {
        "discrete_mig": Shown("MIG"),
    }
    rotations: ClassVar[int] = 499

    num_train: int = Field(10000, ge=2, description="sampled rows")
    num_bins: int = Field(
        20, ge=2, description="bins of each code between its smallest and largest value"
    )
    batch_size: int = Field(16, ge=1, description="rows drawn at once; it orders the random calls")
