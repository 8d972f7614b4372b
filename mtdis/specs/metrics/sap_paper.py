"""Separated attribute predictability as the paper's Appendix B.3 describes it, beside what was run
(`sap`).
"""

from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field

from mtdis.specs.metric import Metric
from mtdis.specs.shown import Shown


class SapPaper(Metric):
    """Settings of SAP with one decision tree per code and factor."""

    references: ClassVar[tuple[str, ...]] = ("kumar2018", "maziarka2021")
    shown: ClassVar[Mapping[str, Shown]] = {"SAP_score": Shown("SAP by Appendix B")}

    num_train: int = Field(10000, ge=2, description="rows that fit")
    num_test: int = Field(5000, ge=1, description="rows that score")
    batch_size: int = Field(16, ge=1, description="rows drawn at once; it orders the random calls")
