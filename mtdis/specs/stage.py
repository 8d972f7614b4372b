"""The fields that every stage shares: a stage is computed on a finished run, on another stage, or
on targets, once per settings.
"""

from abc import abstractmethod
from collections.abc import Mapping
from typing import Annotated, ClassVar, Self

from pydantic import BeforeValidator, Field, SerializeAsAny, model_validator

from mtdis.errors import unknown
from mtdis.specs.base import Spec
from mtdis.specs.dataset import Dataset
from mtdis.specs.requests import Requests
from mtdis.specs.run import Run, Trainable
from mtdis.specs.shown import Shown
from mtdis.specs.targets import Targets

ON_NETWORK, ON_TARGETS = "network", "targets"
"""The parents that a stage can have, beside another stage."""


class Stage(Requests, Spec):
    """Settings of one computation on a parent.

    `stands_on` says on what: a network, targets, or a kind of stage.
    """

    named: ClassVar[str | None] = "stage"
    family: ClassVar[str] = "stages"
    thing: ClassVar[str] = "stage"
    defines: ClassVar[tuple[str, ...]] = ("compute(stage, sources)",)
    first: ClassVar[tuple[str, ...]] = ("parent", "network")
    stands_on: ClassVar[str] = ON_NETWORK
    shown: ClassVar[Mapping[tuple[str, str], Shown]] = {}
    """(metric, key) of its rows → how tables and figures show it; without it, by its name."""

    parent: SerializeAsAny[Spec]

    @classmethod
    def fits(cls, run: Run) -> bool:  # noqa: ARG003 - most fit any run
        """Return whether a stage of this kind can stand on the networks of a run."""
        return True

    @property
    @abstractmethod
    def dataset(self) -> Dataset:
        """The dataset that the stage reads."""

    @property
    def targets(self) -> Targets | None:
        """The targets that the stage reads; None if it reads none."""
        return None

    @property
    def run(self) -> Run | None:
        """The run that the stage stands on in the end; None if it stands on targets."""
        return None

    @property
    def other(self) -> Run | None:
        """A second run that the stage reads beside what it stands on; None if it reads none."""
        return None


class NetworkStage(Stage):
    """A stage on one network of a run: on its codes, its weights, or both."""

    parent: Annotated[SerializeAsAny[Run], BeforeValidator(Run.from_fields)] = Field(
        description="the run, with its kind"
    )
    network: str = Field(description="name of one of its networks")

    @model_validator(mode="after")
    def _network_is_there(self) -> Self:
        if self.network not in self.parent.networks:
            raise ValueError(unknown("network", self.network, self.parent.networks))
        return self

    @property
    def dataset(self) -> Dataset:
        """The dataset of the run."""
        return self.parent.dataset

    @property
    def run(self) -> Run | None:
        """The parent."""
        return self.parent


class TargetsStage(Stage):
    """A stage on the targets of a dataset: nothing is trained."""

    stands_on: ClassVar[str] = ON_TARGETS

    parent: Targets = Field(description="dataset and tasks")

    @property
    def dataset(self) -> Dataset:
        """The dataset of the targets."""
        return self.parent.dataset

    @property
    def targets(self) -> Targets | None:
        """The parent."""
        return self.parent


class TrainedStage(Trainable, NetworkStage):
    """A stage that trains something on the frozen codes of a network."""

    needs_gpu: ClassVar[bool] = True
    first: ClassVar[tuple[str, ...]] = (*Stage.first, "seed", "learning_rate", "halve_every")

    seed: int = Field(1, ge=0, lt=2**32, description="seed of initialisation and batch order")
    learning_rate: float = Field(1e-4, gt=0, description="Adam's step size at the start")
    halve_every: int = Field(
        0, ge=0, description="epochs after which the learning rate is halved; 0: never"
    )
    epochs: int = Field(30, ge=1, description="passes over the training split")
    batch_size: int = Field(
        64, ge=1, description="rows in a batch; the last, incomplete one is dropped"
    )
    torch_threads: int = Field(
        1, ge=1, le=256, description="CPU threads; the bits of a result depend on it"
    )

    @model_validator(mode="after")
    def _can_be_trained(self) -> Self:
        if self.parent.keep_codes != "all":
            raise ValueError(
                f"{self.name()} learns from the codes of the training split, and the run keeps"
                f" those of '{self.parent.keep_codes}'; set keep_codes: all"
            )
        counts = self.parent.image_counts
        if counts and counts[0] < self.batch_size:
            raise ValueError(
                f"the training split has {counts[0]} rows, fewer than one batch of"
                f" {self.batch_size}; lower the stage's batch_size or take a larger sub-grid"
            )
        return self
