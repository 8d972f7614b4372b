"""One encoder shared by a head per task: hard parameter sharing (paper, section 3.2.1)."""

from typing import ClassVar

from mtdis.specs.models._hard_sharing_run import HardSharingRun


class MultiHead(HardSharingRun):
    """One network; its loss is the sum of the heads' errors."""

    label: ClassVar[str] = "multi-head"
    colour: ClassVar[str] = "#D55E00"
    order: ClassVar[int] = 30

    @property
    def networks(self) -> tuple[str, ...]:
        """One network for all tasks."""
        return ("multi_head",)

    def trained_tasks(self, network: str) -> tuple[int, ...]:  # noqa: ARG002 - the same for each
        """All tasks."""
        return self.all_tasks
