"""How smooth tasks are along each factor and how much they depend on it (paper, section 3.1)."""

from collections.abc import Mapping, Sequence
from typing import Any

from mtdis.artifacts import datasets
from mtdis.artifacts.stages import Outcome, Sources
from mtdis.specs.stages.task_diagnostics import TaskDiagnostics
from mtdis.stages._smoothness import diagnose

MEASURES = ("lag_autocorrelation", "total_effect")


def compute(stage: TaskDiagnostics, sources: Sources) -> Outcome:
    """Both measures of each task and factor."""
    return Outcome(
        rows=long_rows(
            diagnose(
                datasets.read_targets(sources.parent), stage.dataset.sizes, stage.dataset.names
            )
        )
    )


def long_rows(found: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The rows of the long table, one per task, factor and measure, of the rows that `diagnose`
    gives.
    """
    return [
        {"metric": measure, "key": row["factor"], "task": row["task"], "value": row[measure]}
        for row in found
        for measure in MEASURES
    ]
