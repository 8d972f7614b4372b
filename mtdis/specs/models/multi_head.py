"""One encoder shared by a head per task: hard parameter sharing (paper, section 3.2.1)."""

from mtdis.specs.run import TaskRun


class MultiHead(TaskRun):
    """One network; its loss is the sum of the heads' errors."""

    @property
    def networks(self) -> tuple[str, ...]:
        """One network for all tasks."""
        return ("multi_head",)

    def trained_tasks(self, network: str) -> tuple[int, ...]:  # noqa: ARG002 - the same for each
        """All tasks."""
        return self.all_tasks
