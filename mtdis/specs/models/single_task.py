"""One network per task, each with all heads, of which only its own enters the loss (paper, section 4.1)."""

from mtdis.specs.run import TaskRun


class SingleTask(TaskRun):
    """As many networks as tasks, equal at the start, trained on the same batches."""

    @property
    def networks(self) -> tuple[str, ...]:
        """task1, task2, ...: one network per task."""
        return tuple(f"task{task}" for task in self.all_tasks)

    def trained_tasks(self, network: str) -> tuple[int, ...]:
        """The one task of the network's name."""
        return (int(network.removeprefix("task")),)
