"""Mean correlation coefficient after independent component analysis: up to a linear map."""

from collections.abc import Mapping
from typing import ClassVar, Literal

from pydantic import Field

from mtdis.specs.metric import Metric
from mtdis.specs.shown import Shown


class IcaMcc(Metric):
    """Settings of the mean correlation coefficient after FastICA."""

    references: ClassVar[tuple[str, ...]] = ("hyvarinen1999", "hyvarinen2016")
    shown: ClassVar[Mapping[str, Shown]] = {
        "pearson": Shown("MCC after ICA (Pearson)"),
        "spearman": Shown("MCC after ICA (Spearman)"),
        "pearson_cross_fitted": Shown("cross-fitted MCC after ICA (Pearson)"),
        "spearman_cross_fitted": Shown("cross-fitted MCC after ICA (Spearman)"),
        "converged": Shown("FastICA converged", "neither", decimals=2),
    }
    rotations: ClassVar[int] = 0
    permutations: ClassVar[int] = 5

    num_train: int = Field(
        10000,
        ge=4,
        description="sampled rows; each half of their images judges the pairs of the other",
    )
    batch_size: int = Field(16, ge=1, description="rows drawn at once; it orders the random calls")
    contrast: Literal["logcosh", "exp", "cube"] = Field(
        "logcosh", description="of FastICA: what it takes for a measure of non-Gaussianity"
    )
    max_iterations: int = Field(500, ge=2, description="steps after which FastICA gives up")
    tolerance: float = Field(
        1e-4, gt=0, description="1 - cosine between the components of two steps that ends FastICA"
    )
