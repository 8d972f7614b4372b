"""A published file at its place: found there, or fetched from the first URL that gives the right
one.
"""

import os
from hashlib import md5 as new_md5
from hashlib import sha256
from pathlib import Path
from typing import Any

from mtdis.data.genuine.http import TransferError, download
from mtdis.errors import ArtifactError
from mtdis.progress import progress_bar
from mtdis.specs.genuine import GenuineFile

BLOCK = 2**22
"""Bytes that are read at once for a checksum."""
HASH = "?" * 8
"""Where a part's name has the hash of its URL, as a pattern."""


def obtain(file: GenuineFile, md5: str, path: Path) -> dict[str, Any]:
    """Fetch a file to `path` unless it is there; return its size, checksums and URL.

    A file that is there already is verified and never replaced. One that is fetched lies beside it,
    in a `.part` of its URL, until its MD5 is the one expected. ArtifactError says what each URL
    gave, both checksums and how to accept another one, or what the disk refused.
    """
    try:
        return _obtained(file, md5, path)
    except OSError as error:
        raise ArtifactError(
            f"{file.name} can't be put at {path} or read there: {error}. Mend that and run the same"
            " command again; it goes on from what is already fetched."
        ) from error


def _obtained(file: GenuineFile, md5: str, path: Path) -> dict[str, Any]:
    if path.is_symlink() or path.exists():
        return {"url": None} | _verified(file, md5, path)
    path.parent.mkdir(parents=True, exist_ok=True)
    kept = _refused(path, md5)
    if kept.exists():  # it had another checksum than was expected then, and has been accepted since
        found = _verified(file, md5, kept)
        _put(kept, path)
        return {"url": None} | found
    return _fetched(file, md5, path)


def _verified(file: GenuineFile, md5: str, path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise ArtifactError(
            f"{path} is no file, or a link to one that is not there. Put {file.name} there or"
            " remove it."
        )
    found = checksums(path)
    if found["md5"] != md5:
        raise ArtifactError(
            f"{_difference(file, md5, path, found)} To fetch it instead, move {path} away."
        )
    return found


def _fetched(file: GenuineFile, md5: str, path: Path) -> dict[str, Any]:
    failures = []
    # those begun come first
    for url in sorted(file.urls, key=lambda url: not _part(path, url).exists()):
        part = _part(path, url)
        try:
            # the size is the published upload's
            found = _downloaded(url, part, md5, file.size if md5 == file.md5 else None)
        except TransferError as error:
            failures.append(f"  {url}: {error}")
            continue
        if found["md5"] == md5:
            _put(part, path)
            return {"url": url} | found
        part.replace(_refused(path, found["md5"]))
        failures.append(f"  {url}: {_difference(file, md5, _refused(path, found['md5']), found)}")
    raise ArtifactError(
        "\n".join([f"{file.name} could not be fetched:", *failures])
        + f"\nRun the same command again later, or put the file at {path} by hand (a link will do)."
    )


def _downloaded(url: str, part: Path, md5: str, size: int | None) -> dict[str, Any]:
    """Download a file and return its size and checksums; begin once more if what an earlier command
    left was not of this file.
    """
    continued = part.exists()
    download(url, part, size)
    found = checksums(part)
    if continued and found["md5"] != md5:
        part.unlink()
        return _downloaded(url, part, md5, size)
    return found


def _part(path: Path, url: str) -> Path:
    """The part file of a URL; each has its own, so that asking a mirror loses nothing."""
    return path.with_name(f"{path.name}.{sha256(url.encode()).hexdigest()[:8]}.part")


def _put(whole: Path, path: Path) -> None:
    """Move a fetched file to its place, and remove what other URLs gave."""
    with whole.open("rb") as file:
        os.fsync(file.fileno())
    whole.replace(path)
    for left in ("refused-*", f"{HASH}.part"):
        for other in path.parent.glob(f"{path.name}.{left}"):
            other.unlink()


def _refused(path: Path, md5: str) -> Path:
    """The path at which a file with another checksum waits: accepted, it need not be fetched
    again.
    """
    return path.with_name(f"{path.name}.refused-{md5}")


def _difference(file: GenuineFile, md5: str, path: Path, found: dict[str, Any]) -> str:
    size = f" of {file.size:,}" if file.size and file.size != found["bytes"] else ""
    return (
        f"{path} has MD5 {found['md5']} ({found['bytes']:,}{size} bytes), expected {md5}. It is"
        f" damaged, or another upload; if you trust it, set  accept: {{{file.key}: {found['md5']}}}"
        "  in the dataset's settings."
    )


def checksums(path: Path) -> dict[str, Any]:
    """Size in bytes, MD5 (what authors publish) and SHA-256 of a file, read once."""
    size, published, ours = path.stat().st_size, new_md5(usedforsecurity=False), sha256()
    with path.open("rb") as file, progress_bar(size, f"checking {path.name}", "B") as bar:
        while block := file.read(BLOCK):
            published.update(block)
            ours.update(block)
            bar.update(len(block))
    return {"bytes": size, "md5": published.hexdigest(), "sha256": ours.hexdigest()}
