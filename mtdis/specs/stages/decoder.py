"""A decoder that learns to restore images from frozen codes (paper, sections 4.2.2 and C.2, Table
4).
"""

from collections.abc import Mapping
from typing import ClassVar, Literal

from pydantic import Field

from mtdis.specs.shown import Shown
from mtdis.specs.stage import TrainedStage


class Decoder(TrainedStage):
    """A mirror of the encoder, trained on frozen codes: as they are, unless `scaling` says else."""

    shown: ClassVar[Mapping[tuple[str, str], Shown]] = {
        ("reconstruction", "mse"): Shown(
            "squared error of reconstructions, mean over pixels and channels (0 to 1)", "lowest", 4
        ),
        ("reconstruction", "bce_sum"): Shown(
            "cross-entropy of reconstructions, summed over an image (nats)", "lowest", 2
        ),
    }

    learning_rate: float = Field(
        2e-4, gt=0, description="Adam's step size at the start (section C.2)"
    )
    halve_every: int = Field(
        100, ge=0, description="epochs after which the learning rate is halved; 0: never"
    )
    epochs: int = Field(500, ge=1, description="passes over the training split (section C.2)")
    loss: Literal["mse", "bce"] = Field(
        "mse",
        description=(
            "mean squared error of the outputs, which no sigmoid follows (sections 4.2.2 and C.2,"
            " Table 2), or cross-entropy of the outputs' sigmoid, summed over an image (fits the"
            " printed errors of dSprites)"
        ),
    )
    scaling: Literal["raw", "standardised"] = Field(
        "raw",
        description=(
            "codes as they are (the paper's text), or with mean 0 and standard deviation 1 on the"
            " training split, so that errors do not depend on the scale that a network gives them"
        ),
    )
    images: int = Field(
        8, ge=1, le=64, description="test images that are kept with their reconstructions"
    )

    @property
    def kept_images(self) -> int:
        """Number of test images that are kept: at most those of the test split, as far as that is
        known before training.
        """
        counts = self.parent.image_counts
        return min(self.images, counts[2]) if counts else self.images
