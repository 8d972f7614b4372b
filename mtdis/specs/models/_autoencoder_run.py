"""The fields of the runs that learn to reconstruct images (paper, sections 3.2.2, 4.3 and C.3)."""

from pydantic import Field

from mtdis.specs.run import TrainedRun


class AutoencoderRun(TrainedRun):
    """A run whose one network encodes and decodes images; it learns no tasks."""

    learning_rate: float = Field(1e-4, gt=0, description="Adam's step size (section C.3)")
    epochs: int = Field(100, ge=1, description="passes over the training split (section C.3)")
    batch_size: int = Field(
        64, ge=1, description="images in a batch; the last, incomplete one is dropped"
    )

    @property
    def networks(self) -> tuple[str, ...]:
        """One network, of the kind's name."""
        return (self.name(),)
