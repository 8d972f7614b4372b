"""The genuine files of a dataset and the record that seals them: written by `mtdis download`,
verified by who reads.
"""

from pathlib import Path
from typing import Any

from mtdis.artifacts.files import verify, write_json
from mtdis.artifacts.records import FORMAT, read_json
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
    had.
    """
    files = {
        file.name: obtain(file, spec.md5(file), folder_of(record) / file.name)
        for file in spec.files
    }
    write_json(
        record,
        {
            "format": FORMAT,
            "name": spec.name(),
            "files": files,
            "licence": spec.licence,
            "citation": spec.citation,
        },
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
    found = read_json(record, MADE_BY).get("files", {})
    for file in spec.files:
        about = found.get(file.name) or {"md5": "none"}
        if about["md5"] != spec.md5(file):
            raise ArtifactError(
                f"{record}: {file.name} has MD5 {about['md5']}, the dataset is of {spec.md5(file)}."
                f" Delete {record} and run {MADE_BY}, or change `accept` in the dataset's settings."
            )
    return {file.name: found[file.name] for file in spec.files}
