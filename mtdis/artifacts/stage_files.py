"""Reads and writes the files of stages, by the means of `artifacts`: atomic, sealed by
checksums.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import h5py
from numpy.typing import NDArray

from mtdis.artifacts import files as artifacts
from mtdis.artifacts.stage_result import StageResult
from mtdis.specs.base import Spec
from mtdis.specs.ids import identify
from mtdis.stages._interface import Outcome

SEALED = ("arrays.h5", "weights.safetensors", "history.csv")
"""Siblings of a stage's record; the last two only where the stage trains something."""


def write_stage(record: Path, spec: Spec, outcome: Outcome, execution: Mapping[str, Any]) -> None:
    """Write what is kept of a stage, then the record that seals it."""
    write_arrays(record.with_name("arrays.h5"), outcome.arrays)
    if outcome.weights:
        artifacts.write_weights(record.with_name("weights.safetensors"), outcome.weights)
        artifacts.write_csv_rows(
            record.with_name("history.csv"), ("network", "epoch", "train_loss"), outcome.history
        )
    names = SEALED if outcome.weights else SEALED[:1]
    artifacts.write_json(
        record,
        {
            "format": artifacts.FORMAT,
            "id": identify(spec),
            "spec": spec.resolved(),
            "result": {"rows": list(outcome.rows), "diverged": outcome.diverged},
            "execution": execution,
            "files": {n: artifacts.seal(record.with_name(n)) for n in names},
        },
    )


def write_arrays(path: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write arrays under their names."""
    with artifacts.atomic(path) as temporary, h5py.File(temporary, "w") as file:
        for name, array in arrays.items():
            file[name] = array


def read_stage(record: Path) -> StageResult:
    """A finished stage, its arrays checked against its record."""
    about = artifacts.read_json(record, "mtdis stage")
    data, remedy = (
        record.with_name("arrays.h5"),
        f"Delete {record} and run snakemake to compute the stage again.",
    )
    artifacts.verify(data, about["files"]["arrays.h5"], remedy)
    with h5py.File(data) as file:
        arrays = {name: file[name][()] for name in file}
    return StageResult(
        about["id"], about["spec"], about["result"]["rows"], arrays, about["result"]["diverged"]
    )
