"""Smoothness of tasks along each factor, and their dependence on it (paper, section 3.1)."""

from typing import Self

from pydantic import model_validator

from mtdis.specs.stage import TargetsStage


class TaskDiagnostics(TargetsStage):
    """No settings beside the targets."""

    @model_validator(mode="after")
    def _is_on_a_complete_grid(self) -> Self:
        if not self.dataset.complete:
            raise ValueError(
                "both measures need each combination of classes exactly once, in order, and"
                f" dataset {self.dataset.name()} has {self.dataset.count:,} rows with gaps, repeats"
                " or another order; take the stage (with its table and figure) out of this"
                " experiment, or give it a complete grid"
            )
        return self
