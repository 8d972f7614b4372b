"""The FactorVAE metric (Kim and Mnih 2018), settings of the disentanglement_lib study."""

from collections.abc import Mapping
from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator

from mtdis.specs.metric import Metric
from mtdis.specs.shown import Shown


class FactorVae(Metric):
    """Settings of the FactorVAE metric."""

    references: ClassVar[tuple[str, ...]] = ("kim2018", "locatello2019")
    shown: ClassVar[Mapping[str, Shown]] = {
        "eval_accuracy": Shown("FactorVAE score"),
        "train_accuracy": Shown("FactorVAE score on training rows"),
        "num_active_dims": Shown("FactorVAE active codes", "neither"),
    }
    rotations: ClassVar[int] = 499

    num_variance_estimate: int = Field(10000, ge=2, description="rows for the global variances")
    num_train: int = Field(10000, ge=1, description="votes that make the classifier")
    num_eval: int = Field(5000, ge=1, description="votes that score it")
    batch_size: int = Field(64, ge=2, description="rows of a vote")
    prune_threshold: float = Field(
        0.05, ge=0, description="codes with a smaller standard deviation are left out"
    )
    scaling: Literal["raw", "standardised"] = Field(
        "raw",
        description=(
            "of the codes whose standard deviation the threshold is put on: raw as in the library,"
            " or standardised, so that no code is left out for its scale"
        ),
    )

    @model_validator(mode="after")
    def _leaves_some_code(self) -> Self:
        if self.scaling == "standardised" and self.prune_threshold > 1:
            raise ValueError(
                f"prune_threshold {self.prune_threshold:g} leaves out every standardised code,"
                " whose standard deviation is 1; set it to 1 or less, or scaling: raw"
            )
        return self
