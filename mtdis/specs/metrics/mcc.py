"""Mean correlation coefficient (Hyvärinen and Morioka 2016), in-sample and cross-fitted."""

from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field

from mtdis.specs.metric import Metric
from mtdis.specs.shown import Shown


class Mcc(Metric):
    """Settings of the mean correlation coefficient."""

    references: ClassVar[tuple[str, ...]] = ("hyvarinen2016", "khemakhem2020")
    shown: ClassVar[Mapping[str, Shown]] = {
        "pearson": Shown("MCC (Pearson)"),
        "spearman": Shown("MCC (Spearman)"),
        "pearson_cross_fitted": Shown("cross-fitted MCC (Pearson)"),
        "spearman_cross_fitted": Shown("cross-fitted MCC (Spearman)"),
    }
    rotations: ClassVar[int] = 99

    num_train: int = Field(
        10000,
        ge=4,
        description="sampled rows; each half of their images judges the pairs of the other",
    )
    batch_size: int = Field(16, ge=1, description="rows drawn at once; it orders the random calls")
