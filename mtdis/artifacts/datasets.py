"""Reads and writes datasets and targets: arrays in HDF5, sealed by the record beside them."""

from collections.abc import Iterable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from mtdis.artifacts.files import atomic, read_sealed, seal, write_record
from mtdis.artifacts.records import facts_of, read_json
from mtdis.artifacts.shapes import DatasetContent, TargetsContent
from mtdis.errors import ArtifactError
from mtdis.specs.base import Spec
from mtdis.specs.dataset import Dataset
from mtdis.specs.ids import identify

TYPES = {"images": "uint8", "factors": "int64", "values": "float64", "targets": "float32"}
"""Of the arrays."""


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
    write_record(
        record,
        {
            "id": identify(spec),
            "spec": spec.resolved(),
            "source": source,
            **_file_seal(data),
            "sha256": {name: d.hexdigest() for name, d in digests.items()},
            **facts_of(spec),
        },
    )


def _file_seal(data: Path) -> dict[str, Any]:
    """Size and checksum of the whole file: that of each array says nothing of what lies between."""
    found = seal(data)
    return {"bytes": found["bytes"], "file_sha256": found["sha256"]}


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
        "images": file.create_dataset("images", (spec.count, *spec.image_shape), TYPES["images"]),
        "factors": file.create_dataset("factors", factors, TYPES["factors"]),
        "values": file.create_dataset("values", factors, TYPES["values"]),
    }


def read_dataset(record: Path, array: str) -> NDArray[Any]:
    """One array of a dataset ('images', 'factors' or 'values'), checked against its record."""
    about = read_json(record, "snakemake", DatasetContent)
    return _read(record, about, array, "images" if array == "images" else "factors", "dataset")


def read_targets(record: Path) -> NDArray[np.float32]:
    """Targets (N, T), checked against their record."""
    about = read_json(record, "snakemake", TargetsContent)
    return _read(record, about, "targets", "targets", "targets")


def _read(
    record: Path, about: Mapping[str, Any], array: str, shaped: str, thing: str
) -> NDArray[Any]:
    remedy = f"Delete {record} and run snakemake to make the {thing} again."
    shape = about["shapes"].get(shaped)
    if array not in about["sha256"] or shape is None:
        raise ArtifactError(f"{record} has no checksum or shape of '{array}'. {remedy}")
    digest = about["sha256"][array]
    return read_sealed(record.with_suffix(".h5"), array, TYPES[array], digest, shape, remedy)


def write_targets(record: Path, spec: Spec, targets: NDArray[np.float32]) -> None:
    """Write targets (N, T) to <record>.h5, then their record."""
    data = record.with_suffix(".h5")
    with atomic(data) as temporary, h5py.File(temporary, "w") as file:
        file["targets"] = targets
    digest = sha256(np.ascontiguousarray(targets).data).hexdigest()
    write_record(
        record,
        {
            "id": identify(spec),
            "spec": spec.resolved(),
            "shapes": {"targets": list(targets.shape)},
            **_file_seal(data),
            "sha256": {"targets": digest},
        },
    )
