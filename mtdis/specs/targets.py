"""The targets of a dataset's images: tasks applied to its factors."""

from typing import Annotated, Any, ClassVar

from pydantic import BeforeValidator, Field, SerializeAsAny

from mtdis.specs.base import Spec
from mtdis.specs.dataset import Dataset
from mtdis.specs.run import HeadedRun, Run
from mtdis.specs.tasks import Tasks


class Targets(Spec):
    """(dataset, tasks): its id is the dataset's, a plus sign and the tasks'."""

    named: ClassVar[str | None] = None
    dataset: Annotated[SerializeAsAny[Dataset], BeforeValidator(Dataset.from_fields)]
    tasks: Tasks = Field(default_factory=Tasks)

    def elided(self) -> dict[str, Any]:
        """Dataset and tasks without what equals its default."""
        return self._heading() | {"dataset": self.dataset.elided(), "tasks": self.tasks.elided()}


def targets_of(run: Run) -> Targets | None:
    """The targets that a run learns; None for a kind without tasks."""
    return Targets(dataset=run.dataset, tasks=run.tasks) if isinstance(run, HeadedRun) else None
