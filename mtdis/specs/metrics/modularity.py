"""Modularity and explicitness (Ridgeway and Mozer 2018), settings of the disentanglement_lib
study.
"""

from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field

from mtdis.specs.metric import Metric
from mtdis.specs.shown import Shown


class Modularity(Metric):
    """Settings of modularity and explicitness."""

    references: ClassVar[tuple[str, ...]] = ("ridgeway2018", "locatello2019")
    version: ClassVar[int] = 2
    """2: the classifier is scikit-learn's own, no longer our equal of it."""
    shown: ClassVar[Mapping[str, Shown]] = {
        "modularity_score": Shown("modularity"),
        "explicitness_score_test": Shown("explicitness"),
        "explicitness_score_train": Shown("explicitness on training rows"),
    }

    num_train: int = Field(10000, ge=2, description="rows that fit")
    num_test: int = Field(5000, ge=2, description="rows that score")
    num_bins: int = Field(
        20, ge=2, description="bins of each code between its smallest and largest value"
    )
    batch_size: int = Field(16, ge=1, description="rows drawn at once; it orders the random calls")
