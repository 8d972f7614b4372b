"""What a stage's computation is given and what it gives back: `compute(spec, sources) ->
Outcome`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from numpy.typing import NDArray


@dataclass(frozen=True)
class Sources:
    """The records that a stage may read, all checked to be those that its spec names."""

    parent: Path
    """Record of the run, of the stage, or of the targets that the stage stands on."""
    dataset: Path
    targets: Path | None
    checkpoint: Path
    """Where a training saves itself and is resumed from."""
    checkpoint_seconds: float = 300


@dataclass(frozen=True)
class Outcome:
    """What is kept of a stage."""

    rows: Sequence[Mapping[str, Any]] = ()
    """Values for the long table: `metric`, `key`, `value` and, where there are some, `task` from 1.
    """
    arrays: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    weights: Mapping[str, Any] = field(default_factory=dict)
    """Tensors by name, of a stage that trains."""
    history: Sequence[Mapping[str, Any]] = ()
    diverged: bool = False
    device: str = "cpu"
    execution: Mapping[str, Any] = field(default_factory=dict)
    """How a training was executed: precision, way of stepping."""
    seconds_before: float = 0.0
    """What a training took before this process resumed it."""
