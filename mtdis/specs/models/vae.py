"""The variational auto-encoder and β-VAE (Kingma and Welling 2014; Higgins et al. 2017)."""

from typing import ClassVar

from pydantic import Field

from mtdis.specs.models._autoencoder_run import AutoencoderRun


class Vae(AutoencoderRun):
    """Learns to reconstruct images from codes whose distribution is held near a standard normal
    one.
    """

    references: ClassVar[tuple[str, ...]] = ("kingma2014", "higgins2017")
    label: ClassVar[str] = "VAE"
    colour: ClassVar[str] = "#0072B2"
    order: ClassVar[int] = 60

    beta: float = Field(
        1.0, ge=0, description="weight of the divergence from the prior; above 1 a β-VAE"
    )

    @property
    def draws_noise(self) -> bool:
        """Codes are drawn from their posterior."""
        return True
