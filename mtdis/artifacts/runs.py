"""Reads and writes runs: codes, weights and history, sealed by the run's record.

While one is trained its history grows, and a small file says how far it is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from json import dumps
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from mtdis.artifacts.files import (
    atomic,
    read_arrays,
    seal,
    verify,
    write_csv_rows,
    write_record,
    write_text,
    write_weights,
)
from mtdis.artifacts.reached import COLUMNS, HISTORY, Reached
from mtdis.artifacts.records import PROGRESS, READY, SEALED, read_json
from mtdis.artifacts.shapes import RunContent
from mtdis.errors import ArtifactError
from mtdis.specs.base import Spec
from mtdis.specs.ids import identify

BANK = "codes.h5"
"""The latent bank."""
SEALING = ("run.json", "stage.json", READY)
"""Records that seal a history: while one is there, the history is its own."""


def write_codes(
    path: Path, codes: Mapping[str, NDArray[np.float32]], rows: NDArray[np.int64]
) -> None:
    """Write the latent bank: codes (n, d) of each network under its name, and the dataset rows (n,)
    they belong to.
    """
    with atomic(path) as temporary, h5py.File(temporary, "w") as file:
        file["rows"] = rows
        for network, table in codes.items():
            file[f"codes/{network}"] = table


def read_codes(record: Path, network: str) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Codes (n, d) of a network and the dataset rows (n,) they belong to, checked against the
    run's record.
    """
    name, expected = f"codes/{network}", _sealed_bank(record)
    found = read_arrays(record.with_name(BANK), [name, "rows"], expected, _retrain(record))
    return found[name], found["rows"]


def read_rows(record: Path) -> NDArray[np.int64]:
    """The dataset rows (n,) of the images that a run has codes of, checked against its record."""
    expected, remedy = _sealed_bank(record), _retrain(record)
    return read_arrays(record.with_name(BANK), ["rows"], expected, remedy)["rows"]


def verify_codes(record: Path) -> str:
    """The SHA-256 of a run's latent bank, once checked against its record."""
    expected = _sealed_bank(record)
    verify(record.with_name(BANK), expected, _retrain(record))
    return str(expected["sha256"])


def _sealed_bank(record: Path) -> dict[str, Any]:
    files = read_json(record, "mtdis train", RunContent)["files"]
    if BANK not in files:
        raise ArtifactError(f"{record} has no checksum of {BANK}. {_retrain(record)}")
    found: dict[str, Any] = files[BANK]
    return found


def _retrain(record: Path) -> str:
    return f"Put the file back, or delete {record} and run snakemake to train this run again."


def write_run(
    record: Path,
    spec: Spec,
    *,
    result: Mapping[str, Any],
    codes: Mapping[str, NDArray[np.float32]],
    rows: NDArray[np.int64],
    weights: Mapping[str, Any],
    history: Sequence[Mapping[str, Any]],
    execution: Mapping[str, Any],
    stood_on: Mapping[str, Any],
) -> None:
    """Write a run's codes, weights and history, then the record that seals them.

    `stood_on` has the checksums of the data it was computed from (see `stood_on`).
    """
    write_codes(record.with_name("codes.h5"), codes, rows)
    write_weights(record.with_name("weights.safetensors"), weights)
    write_history(record, history)
    files = {n: seal(record.with_name(n)) for n in SEALED}
    write_record(
        record,
        {
            "id": identify(spec),
            "spec": spec.resolved(),
            "result": result,
            "execution": execution,
            "files": files,
            "stood_on": stood_on,
        },
    )


def write_history(record: Path, history: Sequence[Mapping[str, Any]]) -> None:
    """Write the losses of each network and epoch."""
    write_csv_rows(record.with_name(HISTORY), COLUMNS, history)


def write_reached(record: Path, reached: Reached, history: Sequence[Mapping[str, Any]]) -> None:
    """Write how far a training is, and its history so far.

    The history is left alone if a record seals it: that of a run which is trained once more.
    """
    if not any(record.with_name(name).exists() for name in (record.name, *SEALING)):
        write_history(record, history)
    write_text(record.with_name(PROGRESS), dumps(asdict(reached)) + "\n")


def read_weights(record: Path, prefix: str) -> dict[str, Any]:
    """The tensors of a run's or stage's weights whose names begin with `prefix.`, without it.

    Checked.
    """
    from safetensors.torch import load_file

    path, remedy = record.with_name("weights.safetensors"), _retrain(record)
    files = read_json(record, "snakemake")["files"]
    if path.name not in files:
        raise ArtifactError(f"{record} has no checksum of {path.name}. {remedy}")
    verify(path, files[path.name], remedy)
    found = load_file(path)
    return {k.removeprefix(f"{prefix}."): v for k, v in found.items() if k.startswith(f"{prefix}.")}
