"""What becomes of files: each way in which a test damages one."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from helpers.whole_study import kind_of


def flip(path: Path, place: int, bit: int) -> None:
    content = bytearray(path.read_bytes())
    content[place] ^= 1 << bit
    path.write_bytes(bytes(content))


def _swap(path: Path) -> None:
    others = [p for p in sorted(Path().rglob(f"*{path.suffix}")) if p.is_file() and p != path]
    alike = [p for p in others if kind_of(p) == kind_of(path)] or others or [Path("config.yaml")]
    path.write_bytes(alike[0].read_bytes())


def _json(path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    if path.suffix != ".json":
        path.write_text("[1, 2]")
        return
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))


def _first_number(value: Any) -> bool:
    """Replace the first number in a value by NaN."""
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, one in items:
        if isinstance(one, float):
            value[key] = float("nan")
            return True
        if isinstance(one, (dict, list)) and _first_number(one):
            return True
    return False


def _instead(path: Path, put: Callable[[Path], object]) -> None:
    path.unlink()
    put(path)


WAYS: dict[str, Callable[[Path], object]] = {
    "cut": lambda p: p.write_bytes(p.read_bytes()[: p.stat().st_size // 2]),
    "empty": lambda p: p.write_bytes(b""),
    "one bit": lambda p: flip(p, p.stat().st_size // 2, 3),
    "a sibling's": _swap,
    "other types": lambda p: _json(p, lambda c: c.update({k: str(v) for k, v in c.items()})),
    "an extra key": lambda p: _json(p, lambda c: c.update(more=1)),
    "a missing key": lambda p: _json(p, lambda c: c.popitem()),
    "NaN": lambda p: _json(p, _first_number),
    "nested": lambda p: p.write_text("[" * 200_000),
    "a folder": lambda p: _instead(p, Path.mkdir),
    "a link to itself": lambda p: _instead(p, lambda q: q.symlink_to(q.name)),
    "a link": lambda p: _instead(p, lambda q: q.symlink_to(Path("config.yaml").absolute())),
    "a pipe": lambda p: _instead(p, os.mkfifo),
}


def content_of(path: Path) -> Any:
    """What a file says: the values of a record however they are laid out, else its bytes; None of
    what can't be read.
    """
    if not path.is_file():
        return None
    try:
        return json.loads(path.read_text()) if path.suffix == ".json" else path.read_bytes()
    except (ValueError, RecursionError):
        return None
