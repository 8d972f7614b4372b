"""Reads and writes stages: what a computation is given and gives back, the files that keep it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import h5py
from numpy.typing import NDArray

from mtdis.artifacts import files, records
from mtdis.artifacts.reached import COLUMNS, HISTORY
from mtdis.artifacts.shapes import StageContent
from mtdis.errors import ArtifactError
from mtdis.specs.base import Spec
from mtdis.specs.ids import identify


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
    other: Path | None = None
    """Record of a second run, for stages that compare two."""

    @property
    def record(self) -> Path:
        """The record of the stage itself, which is written last."""
        return self.checkpoint.with_name("stage.json")


@dataclass(frozen=True)
class Outcome:
    """The results of a stage that are kept."""

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
    """How a training was executed: precision, step mode."""
    seconds_before: float = 0.0
    """What a training took before this process resumed it."""


ARRAYS = "arrays.h5"
SEALED = records.SEALED_BY_STAGE


def write_stage(
    record: Path,
    spec: Spec,
    outcome: Outcome,
    execution: Mapping[str, Any],
    stood_on: Mapping[str, Any],
) -> None:
    """Write what is kept of a stage, then the record that seals it and names the checksums of what
    the stage was computed from.
    """
    write_arrays(record.with_name(ARRAYS), outcome.arrays)
    if outcome.weights:
        files.write_weights(record.with_name("weights.safetensors"), outcome.weights)
        files.write_csv_rows(record.with_name(HISTORY), COLUMNS, outcome.history)
    names = SEALED if outcome.weights else SEALED[:1]
    files.write_record(
        record,
        {
            "id": identify(spec),
            "spec": spec.resolved(),
            "result": {"rows": list(outcome.rows), "diverged": outcome.diverged},
            "execution": execution,
            "files": {n: files.seal(record.with_name(n)) for n in names},
            "stood_on": stood_on,
        },
    )


def write_arrays(path: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write arrays under their names."""
    with files.atomic(path) as temporary, h5py.File(temporary, "w") as file:
        for name, array in arrays.items():
            file[name] = array


def read_stage(record: Path) -> StageResult:
    """A finished stage, its arrays checked against its record."""
    about = records.read_json(record, "mtdis stage", StageContent)
    remedy = f"Delete {record} and run snakemake to compute the stage again."
    if ARRAYS not in about["files"]:
        raise ArtifactError(f"{record} has no checksum of {ARRAYS}. {remedy}")
    arrays = files.read_arrays(record.with_name(ARRAYS), None, about["files"][ARRAYS], remedy)
    result = about["result"]
    return StageResult(about["id"], about["spec"], result["rows"], arrays, result["diverged"])
