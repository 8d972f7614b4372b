"""Reads and writes every file of data and results: atomic, sealed by checksums, refused when they
do not match.

A declared .json is written last and describes its undeclared siblings, so that a half-written
result is never taken for a whole one. No pickle is read or written.
"""

import csv
import errno
import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from glob import escape
from hashlib import file_digest, sha256
from pathlib import Path
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, Any

import h5py
import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError

from mtdis import paths
from mtdis.artifacts.records import FORMAT, read_json
from mtdis.errors import ArtifactError
from mtdis.specs.base import Spec
from mtdis.specs.ids import canonical, full_id, identify

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

LOW_DISK = 2**20
PROBE = 2**14
"""Bytes that must find room before anything is computed."""
BLOCK = 2**24
"""Bytes of an array that are read while those before them are hashed."""


@contextmanager
def atomic(path: Path) -> Iterator[Path]:
    """A temporary path beside `path` that takes its place when the block ends well, and is removed
    when it does not.

    Raises ArtifactError when the disk is full or the folder can't be written.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        with temporary.open("rb") as written:
            os.fsync(written.fileno())
        temporary.replace(path)
    except (
        OSError,
        RuntimeError,
        SafetensorError,
    ) as error:  # HDF5 reports a full disk at closing as a RuntimeError
        raise _unwritable(path, error) from error
    finally:
        with suppress(OSError):
            temporary.unlink()


def check_writable(path: Path) -> None:
    """Raise ArtifactError unless files can be written beside `path`: asked before hours of work."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=path.parent) as probe:
            probe.write(bytes(PROBE))
    except OSError as error:
        raise _unwritable(path, error) from error


def _unwritable(path: Path, error: Exception) -> Exception:
    if isinstance(error, ArtifactError):
        return error
    folder = next(p for p in (path.parent, *path.parent.parents) if p.is_dir())
    free = shutil.disk_usage(folder).free
    full = getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT) or "No space left" in str(
        error
    )
    if full or free < LOW_DISK:
        return ArtifactError(
            f"can't write {path}: the disk is full, {free:,} bytes are free in {folder.resolve()}."
            " Free some space and run the same command again; what is finished stays."
        )
    return ArtifactError(
        f"can't write {path}: {error}. See that {folder.resolve()} is there and writable; run"
        " again."
    )


def remove_leftovers(*targets: Path) -> None:
    """Remove the temporary files that a killed process left of these files.

    Those of others may be in use.
    """
    for target in targets:
        for leftover in target.parent.glob(f".{escape(target.name)}.*.tmp"):
            if leftover.name.removeprefix(f".{target.name}.").removesuffix(".tmp").isdigit():
                leftover.unlink(missing_ok=True)


def write_json(path: Path, content: Any) -> None:
    """Write JSON atomically: sorted keys, no NaN, numbers as Python prints them."""
    text = json.dumps(content, sort_keys=True, indent=1, allow_nan=False)
    write_text(path, text + "\n")


def write_text(path: Path, text: str) -> None:
    """Write a text file atomically."""
    with atomic(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def seal(path: Path) -> dict[str, Any]:
    """Size in bytes and SHA-256 of a file."""
    with path.open("rb") as stream:
        return {"bytes": path.stat().st_size, "sha256": file_digest(stream, "sha256").hexdigest()}


def verify(path: Path, expected: Mapping[str, Any], remedy: str) -> None:
    """ArtifactError unless a file has the size and SHA-256 that its record says."""
    if not path.exists():
        raise ArtifactError(f"{path} is missing. {remedy}")
    try:
        size = path.stat().st_size
        if size != expected["bytes"]:
            raise ArtifactError(
                f"{path} has {size:,} bytes, its record says {expected['bytes']:,}. {remedy}"
            )
        found = seal(path)["sha256"]
    except OSError as error:
        raise ArtifactError(
            f"can't read {path}: {error}. See that you may read it. {remedy}"
        ) from None
    if found != expected["sha256"]:
        raise ArtifactError(
            f"{path} has SHA-256 {found}, its record says {expected['sha256']}. {remedy}"
        )


def record_id(spec: Spec) -> None:
    """Write the index file that resolves a shortened id.

    ArtifactError if another spec holds that id.
    """
    short = identify(spec)
    if short == full_id(spec):
        return
    path = Path(paths.full_spec(short))
    content = {"format": FORMAT, "id": full_id(spec), "spec": json.loads(canonical(spec))}
    if path.exists():
        held = read_json(path, "any command on this id")["id"]
        if held != content["id"]:
            raise ArtifactError(
                f"id {short} already belongs to {held}, not to {content['id']}; change one of the"
                " two."
            )
    else:
        write_json(path, content)


def read_hashed(path: Path, name: str, remedy: str) -> tuple[NDArray[Any], str]:
    """One array of an HDF5 file and its SHA-256: a second thread hashes a block of rows while the
    next one is read.
    """
    digest = sha256()
    with _stored(path, name, remedy) as stored, ThreadPoolExecutor(1) as hasher:
        found: NDArray[Any] = np.empty(stored.shape, stored.dtype)
        for rows in _blocks(found):
            stored.read_direct(found, rows, rows)
            hasher.submit(digest.update, found[rows].data)
    return found, digest.hexdigest()  # leaving the block has waited for the last hash


def _blocks(array: NDArray[Any]) -> Iterator[slice]:
    """Slices of rows that together are the array, of BLOCK bytes or one row."""
    step = max(1, BLOCK * len(array) // max(1, array.nbytes))
    return (slice(start, start + step) for start in range(0, len(array), step) if array.size)


def read_array(path: Path, name: str, remedy: str) -> NDArray[Any]:
    """One array of an HDF5 file; ArtifactError if the file is missing, damaged or lacks it."""
    with _stored(path, name, remedy) as stored:
        found: NDArray[Any] = stored[()]
        return found


@contextmanager
def _stored(path: Path, name: str, remedy: str) -> Iterator[h5py.Dataset]:
    try:
        with h5py.File(path) as file:
            yield file[name]
    except (OSError, KeyError) as error:
        raise ArtifactError(f"can't read '{name}' of {path}: {error}. {remedy}") from None


def write_weights(path: Path, weights: Mapping[str, Any]) -> None:
    """Write tensors by name as safetensors."""
    from safetensors.torch import (
        save_file,
    )  # torch is needed here alone; scoring and tables go without

    with atomic(path) as temporary:
        save_file(dict(weights), temporary)


def write_csv_rows(path: Path, columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> None:
    """Write rows as csv with a header."""
    with atomic(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def write_frame(path: Path, frame: "pd.DataFrame") -> None:
    """Write a table as parquet or csv, by the path's suffix."""
    with atomic(path) as temporary:
        if path.suffix == ".parquet":
            frame.to_parquet(temporary, index=False)
        else:
            frame.to_csv(temporary, index=False, lineterminator="\n")


def read_frame(path: Path) -> "pd.DataFrame":
    """A table from parquet; ArtifactError if it is missing or damaged."""
    import pandas as pd  # half a second that only tables and figures spend

    try:
        return pd.read_parquet(path)
    except (OSError, ValueError) as error:
        raise ArtifactError(
            f"can't read {path}: {error}. Delete it and run snakemake to make it again."
        ) from None


def write_figure(path: Path, figure: "Figure") -> None:
    """Write a figure as pdf or png, by the path's suffix, without the time of day: same figure,
    same bytes.
    """
    with atomic(path) as temporary:
        dated = {"CreationDate": None} if path.suffix == ".pdf" else {}
        figure.savefig(temporary, format=path.suffix[1:], dpi=150, metadata=dated)
