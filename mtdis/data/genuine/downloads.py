"""The genuine files of a dataset and the record that seals them: written by `mtdis download`,
verified by who reads.
"""

import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from mtdis.artifacts.files import verify, write_record
from mtdis.artifacts.records import read_json
from mtdis.artifacts.shapes import DownloadContent
from mtdis.data.genuine.mirrors import obtain
from mtdis.errors import ArtifactError
from mtdis.specs.genuine import GenuineGrid

MADE_BY = "mtdis download (or snakemake)"


def folder_of(record: Path) -> Path:
    """The folder of the files that a record describes."""
    return record.with_suffix("")


def describe(spec: GenuineGrid) -> str:
    """Name, files with URLs and sizes, licence and citation of a genuine dataset, for people."""
    lines = [f"{spec.name()}: {type(spec).__doc__}"]
    for file in spec.files:
        size = f"{file.size:,} bytes" if file.size else "size not published"
        lines += [
            f"  {file.name} ({size}, MD5 {spec.md5(file)})",
            *(f"    {url}" for url in file.urls),
        ]
    lines += [f"  licence: {spec.licence}", f"  please cite: {spec.citation}"]
    return "\n".join(lines)


def fetch(record: Path, spec: GenuineGrid) -> None:
    """Fetch or verify every file of a dataset, then write the record; ArtifactError if one can't be
    had, or is not the one that an earlier record holds.
    """
    files = {
        file.name: obtain(file, spec.md5(file), folder_of(record) / file.name)
        for file in spec.files
    }
    for name, about in files.items():
        _distrust(record, name, about)
    write_record(
        record,
        {
            "name": spec.name(),
            "files": files,
            "licence": spec.licence,
            "citation": spec.citation,
        },
    )


def _distrust(record: Path, name: str, about: dict[str, Any]) -> None:
    """Raise ArtifactError if a file has the MD5 of an earlier record but another SHA-256: MD5s are
    published, and can be forged; what came over http first says which SHA-256 holds.
    """
    earlier: dict[str, Any] = {}
    with suppress(ArtifactError):
        earlier = read_json(record, MADE_BY, DownloadContent)["files"].get(name, {})
    if earlier.get("md5") == about["md5"] and earlier.get("sha256") != about["sha256"]:
        raise ArtifactError(
            f"{folder_of(record) / name} has SHA-256 {about['sha256']}, {record} says"
            f" {earlier.get('sha256')} for the same MD5: one of the two is forged. Ask the authors,"
            f" and delete {record} if you trust this one."
        )
    if str(about["url"]).startswith("http:") and not earlier:
        print(
            f"{name} came over http, and its authors publish an MD5 only, which can be forged."
            f" Its SHA-256 is now recorded and holds from here on: {about['sha256']}",
            file=sys.stderr,
        )


def source(spec: GenuineGrid, folder: Path) -> str:
    """The source that a prepared dataset names: files and checksums, licence, citation."""
    files = _recorded(spec, folder)
    sums = "; ".join(
        f"{name} (MD5 {about['md5']}, SHA-256 {about['sha256']})" for name, about in files.items()
    )
    return f"{sums}. Licence: {spec.licence}. Please cite: {spec.citation}"


def verified_files(spec: GenuineGrid, folder: Path) -> tuple[Path, ...]:
    """The paths of a dataset's files, in the order of the spec, whole and as recorded.

    ArtifactError if the record is missing or of other checksums than the spec wants, or a file is
    not as recorded.
    """
    lie_in = folder_of(folder / spec.sources[0])
    recorded = _recorded(spec, folder)
    remedy = (
        f"Put the file back, or delete it and {folder / spec.sources[0]}, then {MADE_BY}"
        " fetches it."
    )
    for name, about in recorded.items():
        verify(lie_in / name, about, remedy)
    return tuple(lie_in / name for name in recorded)


def _recorded(spec: GenuineGrid, folder: Path) -> dict[str, dict[str, Any]]:
    record = folder / spec.sources[0]
    found = read_json(record, MADE_BY, DownloadContent)["files"]
    for file in spec.files:
        about = found.get(file.name) or {"md5": "none"}
        if about["md5"] != spec.md5(file):
            raise ArtifactError(
                f"{record}: {file.name} has MD5 {about['md5']}, the dataset is of {spec.md5(file)}."
                f" Delete {record} and run {MADE_BY}, or change `accept` in the dataset's settings."
            )
    return {file.name: found[file.name] for file in spec.files}
