"""The fields of controls whose codes are drawn."""

from pydantic import Field

from mtdis.specs.run import FactorRun


class DrawnCodes(FactorRun):
    """A control with as many codes as it is asked for, drawn from the run's seed."""

    latent_size: int = Field(8, ge=1, le=4096, description="number of codes d")

    @property
    def networks(self) -> tuple[str, ...]:
        """One table of codes, of the kind's name."""
        return (self.name(),)

    @property
    def code_count(self) -> int:
        """The latent size."""
        return self.latent_size
