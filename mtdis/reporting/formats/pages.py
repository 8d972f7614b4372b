"""A page of plain tables under headings, each with a sentence: for what is no tidy table."""

from collections.abc import Iterable, Sequence
from html import escape
from typing import NamedTuple

from mtdis.reporting.formats.html import STYLE


class Part(NamedTuple):
    """A heading, what is said below it, and a table: names of columns, then lines of cells."""

    heading: str
    words: str
    head: Sequence[str]
    lines: Sequence[Sequence[str]]


def page(title: str, parts: Iterable[Part]) -> str:
    """The parts as a self-contained page; all text is escaped."""
    body = [f"<h1>{escape(title)}</h1>"]
    for part in parts:
        body += [f"<h2>{escape(part.heading)}</h2>", f"<p>{escape(part.words)}</p>"]
        if part.lines:
            lines = "".join(_line(line, "td") for line in part.lines)
            body.append(f"<table>{_line(part.head, 'th')}{lines}</table>")
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>{escape(title)}</title><style>{STYLE}</style><body>\n"
        + "\n".join(body)
        + "\n</body></html>\n"
    )


def _line(cells: Sequence[str], tag: str) -> str:
    return f"<tr>{''.join(f'<{tag}>{escape(cell)}</{tag}>' for cell in cells)}</tr>"
