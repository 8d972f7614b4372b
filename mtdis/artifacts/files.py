"""Reads and writes every file of data and results: atomic, sealed by checksums, refused when they
do not match.

A declared .json is written last and describes its undeclared siblings, so that a half-written
result is never taken for a whole one. No pickle is read or written.
"""

import csv
import errno
import os
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from functools import lru_cache
from glob import escape
from hashlib import file_digest, sha256
from pathlib import Path
from stat import S_ISREG
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, Any

import h5py
import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError

from mtdis import paths
from mtdis.artifacts.records import read_json, sealed
from mtdis.artifacts.shapes import IdContent
from mtdis.errors import ArtifactError
from mtdis.specs.base import Spec
from mtdis.specs.ids import full_id, identify

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

LOW_DISK = 2**20
PROBE = 2**14
"""Bytes that must find room before anything is computed."""
_LINE = re.compile(r"([0-9a-f]{64})  (.+)\n")
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


def remove(path: Path) -> None:
    """Remove a file if it is there; ArtifactError if it can't be removed."""
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise _unwritable(path, error) from error


def remove_leftovers(*targets: Path) -> None:
    """Remove the temporary files that a killed process left of these files.

    Those of others may be in use.
    """
    for target in targets:
        for leftover in target.parent.glob(f".{escape(target.name)}.*.tmp"):
            if leftover.name.removeprefix(f".{target.name}.").removesuffix(".tmp").isdigit():
                leftover.unlink(missing_ok=True)


def write_record(path: Path, content: Mapping[str, Any]) -> None:
    """Write a JSON record atomically, sealed by its own checksum."""
    write_text(path, sealed(content))


def write_text(path: Path, text: str) -> None:
    """Write a text file atomically."""
    with atomic(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_bytes(path: Path, content: bytes) -> None:
    """Write a file of bytes atomically."""
    with atomic(path) as temporary:
        temporary.write_bytes(content)


def read_bytes(path: Path) -> bytes:
    """The bytes of a file; ArtifactError if it can't be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise ArtifactError(f"can't read {path}: {error}. Run snakemake to make it.") from None


def seal(path: Path) -> dict[str, Any]:
    """Size in bytes and SHA-256 of a file."""
    with path.open("rb") as stream:
        return {"bytes": path.stat().st_size, "sha256": file_digest(stream, "sha256").hexdigest()}


def verify(path: Path, expected: Mapping[str, Any], remedy: str) -> None:
    """ArtifactError unless a regular file has the size and SHA-256 that its record says.

    A file is hashed once per process, as long as its size and times stay.
    """
    try:
        about = path.stat()
        if not S_ISREG(about.st_mode):
            raise ArtifactError(f"{path} is no regular file. {remedy}")
        if about.st_size != expected["bytes"]:
            raise ArtifactError(
                f"{path} has {about.st_size:,} bytes, its record says {expected['bytes']:,}."
                f" {remedy}"
            )
        state = (about.st_dev, about.st_ino, about.st_size, about.st_mtime_ns, about.st_ctime_ns)
        found = _hashed(path, state)
    except FileNotFoundError:
        raise ArtifactError(f"{path} is missing. {remedy}") from None
    except OSError as error:
        raise ArtifactError(
            f"can't read {path}: {error}. See that you may read it. {remedy}"
        ) from None
    if found != expected["sha256"]:
        raise ArtifactError(
            f"{path} has SHA-256 {found}, its record says {expected['sha256']}. {remedy}"
        )


@lru_cache(maxsize=1024)
def _hashed(path: Path, state: tuple[int, ...]) -> str:  # noqa: ARG001 - a changed file is another
    return str(seal(path)["sha256"])


def record_id(spec: Spec) -> None:
    """Write the index file that resolves a shortened id.

    ArtifactError if another spec holds that id.
    """
    short = identify(spec)
    if short == full_id(spec):
        return
    path = Path(paths.full_spec(short))
    content = {"id": full_id(spec), "spec": spec.elided()}
    if path.exists():
        held = read_json(path, "any command on this id", IdContent)["id"]
        if held != content["id"]:
            raise ArtifactError(
                f"id {short} already belongs to {held}, not to {content['id']}; change one of the"
                " two."
            )
    else:
        write_record(path, content)


def read_sealed(
    path: Path, name: str, dtype: str, sha256_of_bytes: str, shape: Sequence[int], remedy: str
) -> NDArray[Any]:
    """One array of an HDF5 file; ArtifactError unless it has this type, shape and bytes.

    A second thread hashes a block of rows while the next one is read.
    """
    digest = sha256()
    with _stored(path, name, remedy) as stored, ThreadPoolExecutor(1) as hasher:
        if (stored.shape, stored.dtype) != (tuple(shape), np.dtype(dtype)):
            raise ArtifactError(
                f"{path}: '{name}' is of shape {stored.shape} and type {stored.dtype}, expected"
                f" {tuple(shape)} and {dtype}. {remedy}"
            )
        found: NDArray[Any] = np.empty(stored.shape, stored.dtype)
        for rows in _blocks(found):
            stored.read_direct(found, rows, rows)
            hasher.submit(digest.update, found[rows].data)
    # Leaving the block has waited for the last hash.
    if digest.hexdigest() != sha256_of_bytes:
        raise ArtifactError(
            f"{path}: '{name}' has SHA-256 {digest.hexdigest()}, its record says {sha256_of_bytes}."
            f" {remedy}"
        )
    return found


def _blocks(array: NDArray[Any]) -> Iterator[slice]:
    """Slices of rows that together are the array, of BLOCK bytes or one row."""
    step = max(1, BLOCK * len(array) // max(1, array.nbytes))
    return (slice(start, start + step) for start in range(0, len(array), step) if array.size)


def read_arrays(
    path: Path, names: Sequence[str] | None, expected: Mapping[str, Any], remedy: str
) -> dict[str, NDArray[Any]]:
    """Arrays of an HDF5 file by name, all of them for None; ArtifactError unless the file is the
    one that its record seals.
    """
    verify(path, expected, remedy)
    try:
        with h5py.File(path) as file:
            return {name: file[name][()] for name in (names if names is not None else file)}
    except (OSError, KeyError, RuntimeError, ValueError) as error:
        raise ArtifactError(f"can't read {names} of {path}: {error}. {remedy}") from None


@contextmanager
def _stored(path: Path, name: str, remedy: str) -> Iterator[h5py.Dataset]:
    try:
        if not S_ISREG(path.stat().st_mode):
            raise OSError("it is no regular file")
        with h5py.File(path) as file:
            if not isinstance(file[name], h5py.Dataset):
                raise ValueError("it is no array")
            yield file[name]
    except (OSError, KeyError, RuntimeError, ValueError, TypeError) as error:
        raise ArtifactError(f"can't read '{name}' of {path}: {error}. {remedy}") from None


def write_weights(
    path: Path, weights: Mapping[str, Any], about: Mapping[str, str] | None = None
) -> None:
    """Write tensors by name as safetensors, with texts about them.

    The library makes its files the user's own; here the umask counts, as for their siblings.
    """
    from safetensors.torch import (
        save_file,
    )  # torch is needed here alone; scoring and tables go without

    with atomic(path) as temporary:
        temporary.touch()
        mode = temporary.stat().st_mode
        save_file(dict(weights), temporary, dict(about) if about else None)
        temporary.chmod(mode)


def write_csv_rows(path: Path, columns: Sequence[str], rows: Sequence[Mapping[str, Any]]) -> None:
    """Write rows as csv with a header."""
    with atomic(path) as temporary, temporary.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def write_frame(path: Path, frame: "pd.DataFrame") -> None:
    """Write a table as parquet, sealed, or as csv, by the path's suffix."""
    if path.suffix == ".parquet":
        with sealed_parquet(path) as temporary:
            frame.to_parquet(temporary, index=False, write_page_checksum=True)
    else:
        with atomic(path) as temporary:
            frame.to_csv(temporary, index=False, lineterminator="\n")


@contextmanager
def sealed_parquet(path: Path) -> Iterator[Path]:
    """A temporary path that takes the place of a parquet file, whose checksum is written beside it
    as `sha256sum` has it; so is that of a csv of the same rows, if the block wrote one.
    """
    beside = _checksum_file(path)
    remove(beside)  # a killed process leaves a table without, not a wrong one
    with atomic(path) as temporary:
        yield temporary
        digest = seal(temporary)["sha256"]
    lines = [f"{digest}  {path.name}\n"]
    if (csv := path.with_suffix(".csv")).is_file():
        lines.append(f"{seal(csv)['sha256']}  {csv.name}\n")
    write_text(beside, "".join(lines))


def verify_parquet(path: Path) -> None:
    """ArtifactError unless a parquet file has the checksum beside it, if there is one."""
    if path.name in (stored := checksums_beside(path)):
        _verify_digest(path, stored[path.name])


def verify_table(path: Path) -> bool:
    """True if a parquet file and the csv beside it have the checksums beside them, False if there
    are none; ArtifactError if one of them is damaged.
    """
    stored, csv = checksums_beside(path), path.with_suffix(".csv")
    if stored and csv.name not in stored and csv.exists():
        raise _damaged_checksums(_checksum_file(path), path, f"it has none of {csv.name}")
    for name, digest in stored.items():
        _verify_digest(path.with_name(name), digest)
    return path.name in stored


def checksums_beside(path: Path) -> dict[str, str]:
    """The checksums that lie beside a parquet file, by file name; none of a file of before.

    ArtifactError if they are damaged.
    """
    beside = _checksum_file(path)
    try:
        if not S_ISREG(beside.stat().st_mode):
            raise OSError("it is no regular file")
        text = beside.read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise _damaged_checksums(beside, path, error) from None
    found = {name: digest for digest, name in _LINE.findall(text)}
    names = {path.name, path.with_suffix(".csv").name}
    whole = "".join(f"{digest}  {name}\n" for name, digest in found.items()) == text
    if not whole or path.name not in found or not found.keys() <= names:
        raise _damaged_checksums(beside, path, "it is not as sha256sum writes it")
    return found


def _damaged_checksums(beside: Path, path: Path, why: object) -> ArtifactError:
    return ArtifactError(
        f"{beside} is damaged: {why}. Delete it and {path.name}, and run snakemake to make both"
        " again."
    )


def _verify_digest(path: Path, digest: str) -> None:
    """ArtifactError unless a file has this SHA-256; its size is not known before."""
    size = path.stat().st_size if path.exists() else 0
    remedy = "Delete it and run snakemake to make it again."
    verify(path, {"bytes": size, "sha256": digest}, remedy)


def _checksum_file(path: Path) -> Path:
    return path.with_name(f"{path.name}.sha256")


def read_frame(path: Path) -> "pd.DataFrame":
    """A table from parquet; ArtifactError if it is missing or damaged."""
    import pandas as pd  # half a second that only tables and figures spend

    verify_parquet(path)
    try:
        return pd.read_parquet(path, page_checksum_verification=True)
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
