"""Interventional robustness score (Suter et al., 2019), settings of disentanglement_lib's sample
configuration.
"""

from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field

from mtdis.specs.metric import Metric
from mtdis.specs.shown import Shown


class Irs(Metric):
    """Settings of IRS."""

    references: ClassVar[tuple[str, ...]] = ("suter2019", "locatello2019")
    shown: ClassVar[Mapping[str, Shown]] = {
        "IRS": Shown("IRS"),
    }

    num_train: int = Field(10000, ge=2, description="sampled rows")
    num_bins: int = Field(
        20, ge=2, description="bins of each factor; they merge the classes of larger ones"
    )
    batch_size: int = Field(16, ge=1, description="rows drawn at once; it orders the random calls")
    diff_quantile: float = Field(
        0.99,
        ge=0,
        le=1,
        description="quantile of the distances from a class mean that counts; 1 in the paper",
    )
