"""Records that a test edits: sealed anew, so that the edit is what is told, not a broken seal."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from mtdis.artifacts import records


def resealed(path: Path, content: Mapping[str, Any]) -> Path:
    """Write a record with this content and the seal that belongs to it; its path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(records.sealed(content))
    return path


def edited(path: Path, change: Callable[[dict[str, Any]], object]) -> Path:
    """Change what a record holds and seal it anew; its path."""
    content = json.loads(path.read_text())
    change(content)
    return resealed(path, content)
