"""Text files written in one step, by what must start at once: no numpy, no h5py."""

import os
from pathlib import Path


def write_text(path: Path, text: str) -> None:
    """Write a text file that takes its place in one step: who reads the old one reads it to its
    end, and a link that somebody has put beside it is not followed.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    temporary.unlink(missing_ok=True)
    with temporary.open("x", encoding="utf-8") as file:
        file.write(text)
    temporary.replace(path)
