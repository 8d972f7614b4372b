"""Heads that learn the tasks from the frozen codes of a network (paper, sections 4.3 and C.3, Table
1).
"""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from mtdis.specs.stage import TrainedStage
from mtdis.specs.targets import Targets
from mtdis.specs.tasks import Tasks


class Heads(TrainedStage):
    """A head per task, trained together on codes that do not change."""

    version: ClassVar[int] = 1

    tasks: Tasks = Field(default_factory=Tasks, description="the tasks that are learned")
    head_layers: tuple[Annotated[int, Field(ge=1, le=65536)], ...] = Field(
        (300, 300, 300), max_length=20, description="units of each hidden layer of a head (Table 3)"
    )
    head_activation: Literal["relu", "tanh"] = Field(
        "tanh", description="non-linearity of the heads (section C.3)"
    )

    @property
    def targets(self) -> Targets | None:
        """The tasks on the run's dataset."""
        return Targets(dataset=self.parent.dataset, tasks=self.tasks)
