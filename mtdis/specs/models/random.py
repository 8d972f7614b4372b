"""The untrained encoder: the floor of every comparison (paper, section 4.1)."""

from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator

from mtdis.specs.run import ActivatedRun


class Random(ActivatedRun):
    """An encoder at its initial values."""

    label: ClassVar[str] = "random"
    colour: ClassVar[str] = "#707070"
    order: ClassVar[int] = 10

    scaling: Literal["raw", "standardised"] = Field(
        "raw",
        description=(
            "codes as the initial values give them, or with mean 0 and standard deviation 1 on the"
            " training split, so that no score is what it is for how narrow they are"
        ),
    )

    @model_validator(mode="after")
    def _can_be_shifted(self) -> Self:
        if self.scaling == "standardised" and self.latent_activation != "none":
            raise ValueError(
                f"{self.latent_activation} codes can't have mean 0; set latent_activation: none,"
                " or scaling: raw"
            )
        return self

    @property
    def networks(self) -> tuple[str, ...]:
        """One untrained network."""
        return ("random",)
