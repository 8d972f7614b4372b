"""One network per task, each with all heads, of which only its own enters the loss (paper, section
4.1).
"""

from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator

from mtdis.specs.models._hard_sharing_run import HardSharingRun


class SingleTask(HardSharingRun):
    """As many networks as tasks, equal at the start, trained in one process."""

    label: ClassVar[str] = "single-task"
    colour: ClassVar[str] = "#56B4E9"
    order: ClassVar[int] = 20

    batch_order: Literal["shared", "own"] = Field(
        "shared",
        description=(
            "shared: all networks see the same batches in the same order, drawn from the seed and"
            " the epoch, so that they differ in their task alone; own: each draws its order from a"
            " stream of its own"
        ),
    )
    fused: Literal["none", "stacked"] = Field(
        "none",
        description=(
            "none: each network runs by itself; stacked: all run as one, by grouped convolutions"
            " and batched products, with other rounding and so other bits"
        ),
    )

    @model_validator(mode="after")
    def _stacks_on_shared_batches(self) -> Self:
        if self.fused == "stacked" and self.batch_order == "own":
            raise ValueError(
                "fused 'stacked' feeds one batch to all networks; set batch_order: shared or fused:"
                " none"
            )
        return self

    @property
    def networks(self) -> tuple[str, ...]:
        """task1, task2, ...: one network per task."""
        return tuple(f"task{task}" for task in self.all_tasks)

    @property
    def stacked(self) -> bool:
        """Return whether all networks are trained as one, each on its one task."""
        return self.fused == "stacked"

    def batch_stream(self, network: str) -> tuple[str, ...]:
        """The network's own name where it draws its own batches."""
        return (network,) if self.batch_order == "own" else ()

    def trained_tasks(self, network: str) -> tuple[int, ...]:
        """The one task of the network's name."""
        return (int(network.removeprefix("task")),)
