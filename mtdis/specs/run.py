"""The fields that every run shares: a run is a point in the space of its kind's fields.

An experiment is many of them.
"""

from abc import abstractmethod
from typing import Annotated, ClassVar, Literal, Self

from pydantic import (
    BeforeValidator,
    Field,
    SerializeAsAny,
    ValidationInfo,
    field_validator,
    model_validator,
)

from mtdis.specs.base import Spec
from mtdis.specs.dataset import Dataset
from mtdis.specs.requests import Requests
from mtdis.specs.split import Counts, combined_factors, image_counts
from mtdis.specs.tasks import Tasks, constant_group

GROUP_WORDS = {
    "halves": "half",
    "grow": "group",
    "pairs": "pair",
    "triples": "triple",
    "positions": "position that all tasks see",
}
"""Names for a group of factors, by the setting `subsets` of the tasks."""
MIN_ROWS = 8
"""Images that leave one to each part of the 75/12.5/12.5 split."""
TRAINING_VERSION = 2
"""Raise it when a change of code changes what training gives: all runs then get new ids and are
trained again.

2: the encoder's last convolutions are matrix products (other bits, the same function).
"""
Precision = Literal["tf32", "fp32", "bf16"]


class Trainable(Spec):
    """Settings of a training, of a run or a stage: its optimiser, its batches, its arithmetic.

    One batch for all networks, each trained by itself, unless a kind says otherwise.
    """

    learning_rate: float = Field(
        1e-3, gt=0, description="the optimiser's step size; the released code used 1e-4"
    )
    optimiser: Literal["adam", "sgd"] = Field(
        "adam",
        description=(
            "adam (β .9 and .999), the paper's, or stochastic gradient descent, which alone treats"
            " all directions of the codes alike"
        ),
    )
    momentum: float = Field(
        0.0, ge=0, lt=1, description="of sgd: the part of the last step that is made again"
    )
    epochs: int = Field(200, ge=1, description="passes over the training split")
    batch_size: int = Field(
        256, ge=1, description="images in a batch; the last, incomplete one is dropped"
    )
    precision: Precision = Field(
        "tf32",
        description=(
            "arithmetic on a GPU: tf32 rounds the factors of products to 10 bits (fp32 where the"
            " device has no TF32, as on a CPU), fp32 rounds nothing more, bf16 computes the loss"
            " under autocast with fp32 weights (on a CPU too)"
        ),
    )
    weight_decay: float = Field(
        0,
        ge=0,
        description=(
            "AdamW's decoupled weight decay, of sgd too: at each step all weights that enter a"
            " loss, biases and discriminators included, are first multiplied by 1 - learning rate ×"
            " weight_decay; 0: plain Adam, the paper's"
        ),
    )

    @model_validator(mode="after")
    def _momentum_is_of_sgd(self) -> Self:
        if self.momentum and self.optimiser != "sgd":
            raise ValueError(
                f"momentum {self.momentum:g} is read by optimiser 'sgd' only, and this is"
                f" '{self.optimiser}', which has moments of its own; set optimiser: sgd or leave"
                " momentum out"
            )
        return self

    @property
    def stacked(self) -> bool:
        """Return whether all networks are trained as one, each on its one task."""
        return False

    def batch_stream(self, network: str) -> tuple[str, ...]:  # noqa: ARG002 - shared by default
        """Name of the stream that a network's batch order is drawn from.

        Networks with one name share their batches.
        """
        return ()


class Run(Requests, Spec):
    """A point in the space of a kind's fields: what is trained, on what, from which seed."""

    named: ClassVar[str | None] = "kind"
    family: ClassVar[str] = "models"
    thing: ClassVar[str] = "model kind"
    defines: ClassVar[tuple[str, ...]] = ("build(run, network, image_shape)",)
    first: ClassVar[tuple[str, ...]] = ("dataset", "seed", "latent_size", "initialisation")
    label: ClassVar[str] = ""
    """What tables and figures call the kind; its name in words by default."""
    colour: ClassVar[str] = ""
    """Its colour in figures, as #rrggbb; by default the next one of a palette."""
    order: ClassVar[int] = 1000
    """Its place among kinds in tables and figures, the lowest first; of equals, by name."""

    dataset: Annotated[SerializeAsAny[Dataset], BeforeValidator(Dataset.from_fields)] = Field(
        description="name of a dataset, or a mapping with its name and settings"
    )
    seed: int = Field(ge=0, lt=2**32, description="seed of initialisation and batch order")
    split_seed: int = Field(123, ge=0, lt=2**32, description="seed of the 75/12.5/12.5 split")
    held_out: tuple[str, ...] = Field(
        (),
        description=(
            "factors whose combinations of classes are split instead of images: those of the test"
            " split are never seen in training, every single class is; empty: the paper's shuffle"
            " of images"
        ),
    )
    keep_codes: Literal["all", "test", "sample"] = Field(
        "all",
        description=(
            "rows whose codes are kept: all, those of the test split, or 20,000 drawn by split_seed"
        ),
    )
    torch_threads: int = Field(
        1, ge=1, le=256, description="CPU threads; the bits of a result depend on it"
    )

    @field_validator("dataset")
    @classmethod
    def _can_be_split(cls, value: Dataset) -> Dataset:
        if value.count < MIN_ROWS:
            raise ValueError(
                f"a split needs {MIN_ROWS} images, the sub-grid has {value.count}; keep more"
                " classes"
            )
        return value

    @field_validator("held_out")
    @classmethod
    def _has_combinations(cls, value: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        dataset = info.data.get("dataset")  # missing if it is wrong itself
        return combined_factors(dataset, value) if value and dataset else value

    @property
    def image_counts(self) -> Counts | None:
        """Images that train, validate and test; None where only the dataset's rows tell."""
        return image_counts(self.dataset, self.held_out)

    @property
    @abstractmethod
    def code_count(self) -> int:
        """Number of codes d that each network gives."""

    @property
    @abstractmethod
    def networks(self) -> tuple[str, ...]:
        """Names of the networks that the run holds."""

    def trained_tasks(self, network: str) -> tuple[int, ...]:  # noqa: ARG002 - kinds without tasks
        """The tasks, from 1, that enter a network's loss."""
        return ()


class EncoderRun(Run):
    """A run whose networks encode images."""

    version: ClassVar[int] = TRAINING_VERSION

    latent_size: int = Field(8, ge=1, le=4096, description="number of codes d of the encoder")
    initialisation: Literal["pytorch", "released", "gaussian"] = Field(
        "pytorch",
        description=(
            "PyTorch's default (the paper's text), the released code's Xavier and Kaiming, or"
            " normal weights and biases, heads' included, with the standard deviations of PyTorch's"
            " default: as likely after any rotation of the codes"
        ),
    )
    encoder_activation: Literal["relu", "tanh"] = Field(
        "relu",
        description=(
            "non-linearity of the encoder, and of the decoder and nothing else of auto-encoders:"
            " relu as in the released code, or tanh, which section C.3 gives auto-encoders"
        ),
    )

    @property
    def code_count(self) -> int:
        """The latent size."""
        return self.latent_size


class ActivatedRun(EncoderRun):
    """A run whose codes may be the outputs of a non-linearity."""

    latent_activation: Literal["none", "relu"] = Field(
        "none",
        description=(
            "non-linearity on the codes: none, the paper's, whose axes a layer that reads the codes"
            " can turn, or relu, which ties the codes to their axes"
        ),
    )


class FactorRun(Run):
    """A control whose codes are made from the true factor values, without images."""

    defines: ClassVar[tuple[str, ...]] = ("codes_of_factors(run, values)",)


class TrainedRun(Trainable, EncoderRun):
    """A run whose networks learn something."""

    needs_gpu: ClassVar[bool] = True
    defines: ClassVar[tuple[str, ...]] = (
        *EncoderRun.defines,
        "loss(run, network, model, images, targets)",
    )

    @property
    def halve_every(self) -> int:
        """0: the learning rate of a run stays."""
        return 0

    @property
    def draws_noise(self) -> bool:
        """Return whether the loss draws noise for its moment, and is given it."""
        return False

    @model_validator(mode="after")
    def _fills_a_batch(self) -> Self:
        counts = self.image_counts
        if counts and counts[0] < self.batch_size:
            raise ValueError(
                f"the training split has {counts[0]} rows, fewer than one batch of"
                f" {self.batch_size}; lower batch_size or take a larger sub-grid"
            )
        return self


class HeadsRun(ActivatedRun):
    """A run whose networks predict targets from their codes."""

    head_layers: tuple[Annotated[int, Field(ge=1, le=65536)], ...] = Field(
        (300, 300, 300), max_length=20, description="units of each hidden layer of a head (Table 3)"
    )
    head_activation: Literal["relu", "tanh"] = Field(
        "relu", description="non-linearity of the heads"
    )

    @property
    @abstractmethod
    def target_count(self) -> int:
        """Number of targets that all heads predict."""


class HeadedRun(HeadsRun):
    """A run whose networks predict tasks from their codes."""

    tasks: Tasks = Field(default_factory=Tasks, description="the tasks that are learned")

    @model_validator(mode="after")
    def _fits_its_dataset(self) -> Self:
        dataset = self.dataset
        if (group := constant_group(self.tasks, [size > 1 for size in dataset.sizes])) is not None:
            raise ValueError(
                f"subsets '{self.tasks.subsets}' needs factors that vary in each"
                f" {GROUP_WORDS[self.tasks.subsets]}; none of"
                f" {', '.join(dataset.names[n] for n in group) or 'these'} does; keep more classes"
                " in the sub-grid or use subsets 'all'"
            )
        return self

    @property
    def target_count(self) -> int:
        """The number of tasks."""
        return self.tasks.count

    @property
    def all_tasks(self) -> tuple[int, ...]:
        """The numbers of the run's tasks, from 1."""
        return tuple(range(1, self.tasks.count + 1))


class TaskRun(HeadedRun, TrainedRun):
    """A run that learns tasks by hard parameter sharing: an encoder and heads (paper, section 4.1
    and C.1).
    """
