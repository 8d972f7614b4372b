"""Reads and writes datasets and targets: arrays in HDF5, sealed by the record beside them."""

from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from mtdis.artifacts.files import atomic, read_hashed, write_json
from mtdis.artifacts.records import FORMAT, read_json
from mtdis.errors import ArtifactError
from mtdis.specs.base import Spec
from mtdis.specs.dataset import Dataset
from mtdis.specs.ids import identify


def write_dataset(
    record: Path, spec: Dataset, chunks: Iterable[tuple[NDArray[Any], ...]], source: str
) -> None:
    """Stream (images, factors, values) chunks to <record>.h5, then write the record itself.

    Images are uint8 (n, H, W, C), factors int64 classes (n, K), values float64 raw factor values
    (n, K).
    """
    digests = {name: sha256() for name in ("images", "factors", "values")}
    data = record.with_suffix(".h5")
    with atomic(data) as temporary, h5py.File(temporary, "w") as file:
        arrays = _create_dataset(file, spec, source)
        start = 0
        for chunk in chunks:
            for name, part in zip(digests, chunk, strict=True):
                arrays[name][start : start + len(part)] = part
                digests[name].update(np.ascontiguousarray(part).data)
            start += len(chunk[0])
    shapes = {
        "images": [spec.count, *spec.image_shape],
        "factors": [spec.count, len(spec.names)],
    }
    write_json(
        record,
        {
            "format": FORMAT,
            "id": identify(spec),
            "spec": spec.resolved(),
            "source": source,
            "white": spec.white,
            "names": list(spec.names),
            "sizes": list(spec.sizes),
            "complete": spec.complete,
            "shapes": shapes,
            "bytes": data.stat().st_size,
            "sha256": {name: d.hexdigest() for name, d in digests.items()},
        },
    )


def _create_dataset(file: h5py.File, spec: Dataset, source: str) -> dict[str, h5py.Dataset]:
    file.attrs.update(
        {
            "names": list(spec.names),
            "sizes": list(spec.sizes),
            "white": spec.white,
            "source": source,
        }
    )
    factors = (spec.count, len(spec.names))
    return {
        "images": file.create_dataset("images", (spec.count, *spec.image_shape), "uint8"),
        "factors": file.create_dataset("factors", factors, "int64"),
        "values": file.create_dataset("values", factors, "float64"),
    }


def read_dataset(record: Path, array: str) -> NDArray[Any]:
    """One array of a dataset ('images', 'factors' or 'values'), checked against its record."""
    return _read_sealed(
        record, array, f"Delete {record} and run snakemake to make the dataset again."
    )


def read_targets(record: Path) -> NDArray[np.float32]:
    """Targets (N, T), checked against their record."""
    return _read_sealed(
        record, "targets", f"Delete {record} and run snakemake to make the targets again."
    )


def _read_sealed(record: Path, array: str, remedy: str) -> NDArray[Any]:
    about = read_json(record, "snakemake")
    data = record.with_suffix(".h5")
    found, digest = read_hashed(data, array, remedy)
    if digest != about["sha256"][array]:
        raise ArtifactError(
            f"{data}: '{array}' has SHA-256 {digest}, its record says {about['sha256'][array]}."
            f" {remedy}"
        )
    return found


def write_targets(record: Path, spec: Spec, targets: NDArray[np.float32]) -> None:
    """Write targets (N, T) to <record>.h5, then their record."""
    data = record.with_suffix(".h5")
    with atomic(data) as temporary, h5py.File(temporary, "w") as file:
        file["targets"] = targets
    digest = sha256(np.ascontiguousarray(targets).data).hexdigest()
    write_json(
        record,
        {
            "format": FORMAT,
            "id": identify(spec),
            "spec": spec.resolved(),
            "shapes": {"targets": list(targets.shape)},
            "bytes": data.stat().st_size,
            "sha256": {"targets": digest},
        },
    )
