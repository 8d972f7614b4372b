"""Dependence between codes (Locatello et al. 2019), settings of the disentanglement_lib study."""

from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field

from mtdis.specs.metric import Metric
from mtdis.specs.shown import Shown


class Unsupervised(Metric):
    """Settings of the unsupervised scores."""

    references: ClassVar[tuple[str, ...]] = ("locatello2019",)
    shown: ClassVar[Mapping[str, Shown]] = {
        "gaussian_total_correlation": Shown("Gaussian total correlation", "lowest"),
        "gaussian_wasserstein_correlation": Shown("Gaussian Wasserstein correlation", "lowest"),
        "gaussian_wasserstein_correlation_norm": Shown(
            "Gaussian Wasserstein correlation, normalised", "lowest"
        ),
        "mutual_info_score": Shown("mutual information of codes", "lowest"),
    }

    num_train: int = Field(10000, ge=2, description="sampled rows")
    num_bins: int = Field(
        20, ge=2, description="bins of each code between its smallest and largest value"
    )
    batch_size: int = Field(16, ge=1, description="rows drawn at once; it orders the random calls")
