"""Mutual information gap by the formula of the paper's Appendix B.1, beside what was run
(`mig`).
"""

from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field

from mtdis.specs.metric import Metric
from mtdis.specs.shown import Shown


class MigPaper(Metric):
    """Settings of MIG normalised by the information of all codes."""

    references: ClassVar[tuple[str, ...]] = ("chen2018", "maziarka2021")
    shown: ClassVar[Mapping[str, Shown]] = {"discrete_mig": Shown("MIG by Appendix B")}

    num_train: int = Field(10000, ge=2, description="sampled rows")
    num_bins: int = Field(
        20, ge=2, description="bins of each code between its smallest and largest value"
    )
    batch_size: int = Field(16, ge=1, description="rows drawn at once; it orders the random calls")
