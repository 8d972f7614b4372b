"""Accuracy of a simple readout learned from few labels, and from many."""

from collections.abc import Mapping
from typing import ClassVar, Literal

from pydantic import Field

from mtdis.specs.metric import Metric
from mtdis.specs.shown import Shown


class LabelEfficiency(Metric):
    """Settings of label efficiency."""

    references: ClassVar[tuple[str, ...]] = ("locatello2019",)
    shown: ClassVar[Mapping[str, Shown]] = {
        **{f"accuracy_{n}": Shown(f"accuracy from {n} labels") for n in (10, 100, 1000)},
        "accuracy_all": Shown("accuracy from all drawn labels"),
        **{f"efficiency_{n}": Shown(f"efficiency of {n} labels") for n in (10, 100, 1000)},
    }
    rotations: ClassVar[int] = 0
    permutations: ClassVar[int] = 5

    num_train: int = Field(
        10000, ge=2, description="labelled rows; the 10, 100 and 1,000 are parts of them"
    )
    num_test: int = Field(5000, ge=1, description="rows that score")
    batch_size: int = Field(16, ge=1, description="rows drawn at once; it orders the random calls")
    readout: Literal["logistic", "trees"] = Field(
        "logistic",
        description=(
            "what learns from the labels: multinomial logistic regression, which the codes' axes"
            " mean nothing to, or boosted trees, which cut along them"
        ),
    )
    repeats: int = Field(
        5,
        ge=1,
        description="disjoint parts of the labelled rows that each small number is tried on",
    )
