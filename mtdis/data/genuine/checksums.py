"""The checksums that recognise a published file."""

from hashlib import md5, sha256
from pathlib import Path
from typing import Any

from mtdis.progress import progress_bar

BLOCK = 2**22


def checksums(path: Path) -> dict[str, Any]:
    """Size in bytes, MD5 (what authors publish) and SHA-256 of a file, read once."""
    size, published, ours = path.stat().st_size, md5(usedforsecurity=False), sha256()
    with path.open("rb") as file, progress_bar(size, f"checking {path.name}", "B") as bar:
        while block := file.read(BLOCK):
            published.update(block)
            ours.update(block)
            bar.update(len(block))
    return {"bytes": size, "md5": published.hexdigest(), "sha256": ours.hexdigest()}
