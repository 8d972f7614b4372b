"""Dependence between codes (Locatello et al. 2019), settings of the disentanglement_lib study."""

from pydantic import Field

from mtdis.specs.metric import Metric


class Unsupervised(Metric):
    """Settings of the unsupervised scores."""

    num_train: int = Field(10000, ge=2, description="sampled rows")
    num_bins: int = Field(
        20, ge=2, description="bins of each code between its smallest and largest value"
    )
    batch_size: int = Field(16, ge=1, description="rows drawn at once; it orders the random calls")
