"""Disentanglement, completeness, informativeness (Eastwood and Williams 2018), settings of
disentanglement_lib.
"""

from collections.abc import Mapping
from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator

from mtdis.specs.metric import Metric
from mtdis.specs.shown import Shown


class Dci(Metric):
    """Settings of DCI, with gradient boosted trees unless `importance` says otherwise."""

    references: ClassVar[tuple[str, ...]] = ("eastwood2018", "locatello2019")
    shown: ClassVar[Mapping[str, Shown]] = {
        "disentanglement": Shown("DCI disentanglement"),
        "completeness": Shown("DCI completeness"),
        "informativeness_test": Shown("DCI informativeness"),
        "informativeness_train": Shown("DCI informativeness on training rows"),
    }
    permutations: ClassVar[int] = 5
    calibrated_at: ClassVar[Mapping[str, int]] = {"num_train": 2000, "num_test": 1000}

    num_train: int = Field(10000, ge=2, description="rows that fit")
    num_test: int = Field(5000, ge=1, description="rows that score")
    batch_size: int = Field(16, ge=1, description="rows drawn at once; it orders the random calls")
    estimator: Literal["mtdis", "sklearn"] = Field(
        "mtdis",
        description="who grows the trees: our own code, or scikit-learn, whose trees ours equal",
    )
    importance: Literal["gain", "permutation", "lasso"] = Field(
        "gain",
        description=(
            "of a code for a factor: gain, the trees' decrease of impurity; permutation, the"
            " accuracy that they lose on test rows where the code is permuted; or lasso, the"
            " coefficient of a linear model, without trees"
        ),
    )

    @model_validator(mode="after")
    def _lasso_grows_no_trees(self) -> Self:
        if self.importance == "lasso" and self.estimator != "mtdis":
            raise ValueError(
                f"estimator '{self.estimator}' is read by importances of trees only, and importance"
                " 'lasso' grows none; leave estimator out, or set importance: gain or permutation"
            )
        return self
