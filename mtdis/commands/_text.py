"""Tables for terminals: aligned columns, numbers to the right, no wider than the terminal."""

import os
import sys
import time
from collections.abc import Sequence

from mtdis.progress import duration

NUMBER = set("0123456789.,-+–%e ")
GAP = 2
DAY = 24 * 3600.0


def aligned(rows: Sequence[Sequence[object]], indent: int = 0) -> str:
    """Rows of cells as lines; a column with numbers below its first cell is flush right."""
    table = [[_text(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    below = [[row[i] for row in table[1:]] for i in range(len(widths))]
    right = [bool(cells) and all(set(cell) <= NUMBER for cell in cells) for cells in below]
    lines = [
        (" " * GAP).join(
            c.rjust(w) if r else c.ljust(w) for c, w, r in zip(row, widths, right, strict=True)
        )
        for row in table
    ]
    return "\n".join(cut(" " * indent + line.rstrip()) for line in lines)


def cut(line: str) -> str:
    """A line no wider than the terminal; untouched where output is no terminal."""
    width = terminal_width()
    return line if width is None or len(line) <= width else line[: max(1, width - 1)] + "…"


def terminal_width() -> int | None:
    """Columns of the terminal that standard output is; None if it is none."""
    try:
        return os.get_terminal_size(sys.stdout.fileno()).columns or None
    except (OSError, ValueError, AttributeError):
        return None


def size(count: float) -> str:
    """Bytes for people: `12 B`, `3.4 KiB`, `1.2 GiB`."""
    if count < 1024:
        return f"{count:.0f} B"
    for unit in ("KiB", "MiB", "GiB"):
        count /= 1024
        if count < 1024:
            return f"{count:.1f} {unit}"
    return f"{count / 1024:,.1f} TiB"


def ends(expected: float) -> str:
    """The expected end of a training for people: how long from now, and when."""
    left = expected - time.time()
    if left <= 0:
        return "now"
    day = "%H:%M" if left < DAY else "%a %H:%M" if left < 7 * DAY else "%Y-%m-%d %H:%M"
    return f"in {duration(left)} ({time.strftime(day, time.localtime(expected))})"


def _text(cell: object) -> str:
    if cell is None:
        return "–"
    if isinstance(cell, int) and not isinstance(cell, bool):
        return f"{cell:,}"
    return f"{cell:.4g}" if isinstance(cell, float) else str(cell)
