"""Factors read from codes of combinations of classes that the encoder never saw."""

from collections.abc import Mapping
from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator

from mtdis.specs.run import Run
from mtdis.specs.shown import Shown
from mtdis.specs.stage import NetworkStage

METRIC = "unseen_combinations"


class UnseenCombinations(NetworkStage):
    """Settings of a readout that learns from the run's training combinations alone.

    It needs a run with `held_out`: of another one the encoder has seen every combination.
    """

    shown: ClassVar[Mapping[tuple[str, str], Shown]] = {
        (METRIC, "seen"): Shown("accuracy on seen combinations"),
        (METRIC, "unseen"): Shown("accuracy on unseen combinations"),
        (METRIC, "gap"): Shown("accuracy lost on unseen combinations", "lowest"),
        (METRIC, "chance"): Shown("accuracy on unseen combinations without codes", "neither"),
        (METRIC, "seen_others"): Shown("accuracy of other factors on seen combinations"),
        (METRIC, "unseen_others"): Shown("accuracy of other factors on unseen combinations"),
        (METRIC, "gap_others"): Shown(
            "accuracy of other factors lost on unseen combinations", "lowest"
        ),
    }

    readout: Literal["logistic", "trees"] = Field(
        "logistic",
        description="what learns the factors: multinomial logistic regression or boosted trees",
    )
    labels: int = Field(
        10_000,
        ge=2,
        description=(
            "images of the training split that are learned from; at most half of them, for the"
            " others test the seen combinations"
        ),
    )
    test_rows: int = Field(
        5000, ge=1, description="images at most that test, of seen and of unseen combinations each"
    )
    seed: int = Field(1, ge=0, lt=2**32, description="seed of the images, and of the readout")

    @classmethod
    def fits(cls, run: Run) -> bool:
        """Return whether the run holds combinations out and keeps codes of both sides."""
        return bool(run.held_out) and run.keep_codes != "test"

    @model_validator(mode="after")
    def _has_unseen_combinations(self) -> Self:
        if not self.parent.held_out:
            raise ValueError(
                f"{self.name()} compares combinations that were seen in training with others, and"
                " the run has seen all; give it held_out: two factors or more"
            )
        if self.parent.keep_codes == "test":
            raise ValueError(
                f"{self.name()} learns from the codes of the training split, and the run keeps"
                " those of 'test'; set keep_codes: all"
            )
        return self
