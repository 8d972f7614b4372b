"""InfoMEC: modularity, compactness and explicitness from information (Hsu et al. 2023)."""

from collections.abc import Mapping
from typing import ClassVar, Literal

from pydantic import Field

from mtdis.specs.metric import Metric
from mtdis.specs.shown import Shown


class Infomec(Metric):
    """Settings of InfoMEC."""

    references: ClassVar[tuple[str, ...]] = ("hsu2023",)
    shown: ClassVar[Mapping[str, Shown]] = {
        "infom": Shown("InfoM"),
        "infoc": Shown("InfoC"),
        "infoe": Shown("InfoE"),
    }

    num_train: int = Field(
        10000, ge=2, description="rows of the information, which also fit the classifier of InfoE"
    )
    num_test: int = Field(5000, ge=1, description="rows that score the classifier")
    batch_size: int = Field(16, ge=1, description="rows drawn at once; it orders the random calls")
    information: Literal["binned", "knn"] = Field(
        "binned",
        description=(
            "estimator of mutual information: counts in bins of the codes, or nearest neighbours,"
            " the authors' choice for continuous codes"
        ),
    )
    num_bins: int = Field(
        20, ge=2, description="bins of each code between its smallest and largest value, if binned"
    )
    num_neighbours: int = Field(
        10, ge=1, description="how many of its class a row's neighbourhood holds, if knn"
    )
    prune_range: float = Field(
        0.05,
        ge=0,
        lt=1,
        description="InfoM and InfoC leave out codes of no larger range, as a share of the largest",
    )
    scored_on: Literal["held_out", "train"] = Field(
        "held_out",
        description="rows of InfoE: ones that fitted nothing, or those that fitted, as the authors",
    )
