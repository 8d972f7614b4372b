"""FactorVAE: a variational auto-encoder whose total correlation is lowered (Kim and Mnih 2018)."""

from typing import Annotated, ClassVar, Self

from pydantic import Field, model_validator

from mtdis.specs.models._autoencoder_run import AutoencoderRun


class FactorVae(AutoencoderRun):
    """Learns to reconstruct images from codes that a discriminator can't tell from independent
    ones.
    """

    references: ClassVar[tuple[str, ...]] = ("kim2018",)
    label: ClassVar[str] = "FactorVAE"
    colour: ClassVar[str] = "#CC79A7"
    order: ClassVar[int] = 70

    gamma: float = Field(
        1.0, ge=0, description="weight of the total correlation; Kim and Mnih use 10 to 100"
    )
    discriminator_layers: tuple[Annotated[int, Field(ge=1, le=65536)], ...] = Field(
        (1000, 1000, 1000, 1000, 1000),
        max_length=20,
        description="units of the discriminator's hidden layers",
    )
    discriminator_learning_rate: float = Field(
        1e-4, gt=0, description="step size of the discriminator's optimiser"
    )
    capacity: float = Field(
        0.0,
        ge=0,
        description=(
            "nats that the divergence from the prior is drawn to at the end of `capacity_steps`,"
            " from 0 on (Burgess et al. 2018): 25 in the script that section 4.3 was adapted from;"
            " 0: it is lowered, as in FactorVAE"
        ),
    )
    capacity_steps: int = Field(
        100_000, ge=1, description="steps over which the capacity grows, and then stays"
    )

    @property
    def draws_noise(self) -> bool:
        """Codes are drawn from their posterior."""
        return True

    @property
    def steps_per_epoch(self) -> int:
        """Batches of an epoch; 0 where only the dataset's rows tell."""
        counts = self.image_counts
        return counts[0] // self.batch_size if counts else 0

    @model_validator(mode="after")
    def _steps_are_known(self) -> Self:
        if self.capacity and not self.steps_per_epoch:
            raise ValueError(
                "capacity grows with the steps, and how many make an epoch is not known for"
                " combinations held out of an incomplete grid; set capacity: 0 or leave held_out"
                " out"
            )
        return self
