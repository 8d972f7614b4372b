"""The fields of the runs whose heads learn through one encoder's codes."""

from typing import Literal

from pydantic import Field

from mtdis.specs.run import HeadsRun, TaskRun, TrainedRun


class RegularisedRun(HeadsRun, TrainedRun):
    """A run whose codes are made sparse or noisy while its heads learn."""

    code_penalty: float = Field(
        0,
        ge=0,
        description=(
            "weight in the loss of the codes' absolute values, summed over codes, mean over images:"
            " sparse codes have axes of their own"
        ),
    )
    code_noise: float = Field(
        0,
        ge=0,
        description=(
            "standard deviation of normal noise on the codes that heads are given in training: the"
            " same in all directions"
        ),
    )

    @property
    def draws_noise(self) -> bool:
        """Return whether there is noise on the codes."""
        return self.code_noise > 0


class HardSharingRun(TaskRun, RegularisedRun):
    """A run whose heads learn tasks by their squared errors."""

    task_weighting: Literal["equal", "variance"] = Field(
        "equal",
        description=(
            "equal, as in the paper, or variance: each task's error divided by the variance of its"
            " target on the training split (by 1 if that is 0), so that no task counts for its"
            " scale"
        ),
    )
