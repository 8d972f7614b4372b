"""FactorVAE: a variational auto-encoder whose total correlation is lowered (Kim and Mnih 2018)."""

from typing import Annotated, ClassVar

from pydantic import Field

from mtdis.specs.models._autoencoder_run import AutoencoderRun


class FactorVae(AutoencoderRun):
    """Learns to reconstruct images from codes that a discriminator can't tell from independent
    ones.
    """

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
        1e-4, gt=0, description="step size of the discriminator's Adam"
    )
