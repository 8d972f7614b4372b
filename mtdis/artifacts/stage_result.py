"""A finished stage, as tables and figures read it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray


@dataclass(frozen=True)
class StageResult:
    """Settings, values and arrays of a stage.

    All of its parents' settings stand in `spec["parent"]`.
    """

    id: str
    spec: Mapping[str, Any]
    """The resolved spec: `stage` (its kind), `parent`, and for a stage on a run `network`; then its
    settings.
    """
    rows: Sequence[Mapping[str, Any]]
    """Values with their `metric`, `key` and, where there are some, `task`."""
    arrays: Mapping[str, NDArray[Any]]
    diverged: bool = False
