"""One head with an output per task: multivariate regression without parameter sharing between heads
(Figure 4).
"""

from typing import ClassVar

from mtdis.specs.models._hard_sharing_run import HardSharingRun


class OneHead(HardSharingRun):
    """One network with one head; its loss is the mean error over the outputs."""

    label: ClassVar[str] = "one-head"
    colour: ClassVar[str] = "#E69F00"
    order: ClassVar[int] = 40

    @property
    def networks(self) -> tuple[str, ...]:
        """One network for all tasks."""
        return ("one_head",)

    def trained_tasks(self, network: str) -> tuple[int, ...]:  # noqa: ARG002 - the same for each
        """All tasks."""
        return self.all_tasks
