"""How well tasks are learned from codes that are turned away from their axes, little by little."""

from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from mtdis.specs.stage import NetworkStage
from mtdis.specs.targets import Targets
from mtdis.specs.tasks import Tasks

Arm = Literal["adam", "sgd", "trees"]


class RotationDose(NetworkStage):
    """White codes turned by known angles, and what heads and trees learn from each.

    All angles share their planes, rows and initial heads, so that only the angle differs.
    """

    tasks: Tasks = Field(default_factory=Tasks, description="the tasks that are learned")
    arms: tuple[Arm, ...] = Field(
        ("adam", "sgd", "trees"),
        min_length=1,
        description=(
            "what learns them: a head per task by Adam; the same by gradient descent from Gaussian"
            " values, which no rotation can touch (the negative control); or boosted trees, which"
            " cut along the axes (the positive control)"
        ),
    )
    angles: tuple[Annotated[float, Field(ge=0, le=90)], ...] = Field(
        (0, 5, 10, 15, 20, 30, 45, 60, 90),
        min_length=2,
        description="degrees, from 0 upwards, by which every vector of codes is turned",
    )
    train_rows: tuple[Annotated[int, Field(ge=20)], ...] = Field(
        (100, 1000, 10_000), min_length=1, description="images that are learned from"
    )
    test_rows: int = Field(5000, ge=20, description="other images, on which R² is measured")
    rotations: int = Field(
        10, ge=2, description="sets of planes in which codes are turned, each with rows of its own"
    )
    head_layers: tuple[Annotated[int, Field(ge=1, le=65536)], ...] = Field(
        (64, 64), max_length=20, description="units of each hidden layer of a head"
    )
    head_activation: Literal["relu", "tanh"] = Field(
        "tanh", description="non-linearity of the heads (section C.3)"
    )
    steps: int = Field(1500, ge=1, description="steps of each head, whatever the rows")
    batch_size: int = Field(64, ge=1, description="rows of a step, drawn with replacement")
    adam_rate: float = Field(
        3e-3, gt=0, description="Adam's step size; it falls to 0 over the second half of the steps"
    )
    sgd_rate: float = Field(0.05, gt=0, description="gradient descent's step size, falling too")
    sgd_momentum: float = Field(0.9, ge=0, lt=1, description="gradient descent's momentum")
    seed: int = Field(
        1, ge=0, lt=2**32, description="seed of planes, rows, batches and initial heads"
    )
    torch_threads: int = Field(
        1, ge=1, le=256, description="CPU threads; the bits of a result depend on it"
    )

    @property
    def targets(self) -> Targets | None:
        """The tasks on the run's dataset."""
        return Targets(dataset=self.parent.dataset, tasks=self.tasks)

    @field_validator("angles")
    @classmethod
    def _ascend_from_0(cls, value: tuple[float, ...]) -> tuple[float, ...]:
        if value[0] != 0 or any(a >= b for a, b in pairwise(value)):
            raise ValueError("angles ascend from 0, which the others are compared with")
        return value

    @model_validator(mode="after")
    def _has_the_rows(self) -> Self:
        wanted, there = max(self.train_rows) + self.test_rows, self.parent.dataset.count
        if wanted > there:
            raise ValueError(
                f"{wanted:,} images are wanted to learn from and to test on, the dataset has"
                f" {there:,}; lower train_rows or test_rows"
            )
        return self
