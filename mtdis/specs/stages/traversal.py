"""Images along each latent dimension, made by a trained decoder (paper, section 4.2.2, Figures 7
and 10 to 12).
"""

from typing import Annotated, ClassVar, Literal, Self

from pydantic import BeforeValidator, Field, SerializeAsAny, model_validator

from mtdis.specs.dataset import Dataset
from mtdis.specs.run import Run
from mtdis.specs.stage import Stage
from mtdis.specs.stages.decoder import Decoder

MAX_STEPS = 1001


class Traversal(Stage):
    """One code moved, the others held at those of a test image, for each code in turn.

    The paper's text has "values from -1 to 1" and says neither of what nor in which unit.
    """

    stands_on: ClassVar[str] = "decoder"

    parent: Annotated[
        SerializeAsAny[Decoder], BeforeValidator(lambda value: Stage.from_fields(value))
    ] = Field(description="the decoder, with its network")
    low: float = Field(-1, description="first value that the code is moved by or to, in `unit`")
    high: float = Field(1, description="last value")
    step: float = Field(0.1, gt=0, description="from one value to the next")
    move: Literal["add", "set"] = Field(
        "add",
        description=(
            "add: values are offsets from the image's own code (our reading of the paper); set:"
            " they replace it, whatever it was (of unit sd, counted from the code's mean)"
        ),
    )
    unit: Literal["raw", "sd"] = Field(
        "raw",
        description=(
            "of the values: those of the code as the decoder is given it (our reading of the"
            " paper), or that code's standard deviation over the test split, which makes codes of"
            " unlike scale comparable"
        ),
    )
    image: int = Field(1, ge=1, description="number, from 1, of one of the decoder's test images")

    @property
    def steps(self) -> int:
        """Number of offsets from low to high."""
        return int((self.high - self.low) / self.step + 1e-6) + 1  # 2 / 0.1 may be a hair below 20

    @property
    def network(self) -> str:
        """The network that the decoder stands on."""
        return self.parent.network

    @property
    def dataset(self) -> Dataset:
        """The dataset of the decoder's run."""
        return self.parent.dataset

    @property
    def run(self) -> Run | None:
        """The run that the decoder stands on."""
        return self.parent.run

    @model_validator(mode="after")
    def _is_a_range(self) -> Self:
        if self.high < self.low:
            raise ValueError(
                f"offsets go from low up to high; found low {self.low:g} and high {self.high:g}"
            )
        if self.steps > MAX_STEPS:
            raise ValueError(
                f"at most {MAX_STEPS:,} steps can be drawn, these are {self.steps:,}; take a larger"
                " step"
            )
        return self

    @model_validator(mode="after")
    def _is_a_kept_image(self) -> Self:
        if self.image > self.parent.kept_images:
            raise ValueError(
                f"the decoder keeps {self.parent.kept_images} test images; found image {self.image}"
            )
        return self
