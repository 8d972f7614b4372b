"""A tidy table as a page of HTML, for the report."""

from html import escape

import pandas as pd

from mtdis.reporting.formats.cells import Cell, blocks, heads_of
from mtdis.reporting.formats.notes import notes

STYLE = (
    "body{font:15px/1.5"
    " sans-serif;margin:2em;max-width:70em}table{border-collapse:collapse;margin:.5em 0"
    " 1.5em}td,th{padding:.2em 1em;text-align:left;border-bottom:1px solid"
    " #ddd}th{border-bottom:2px solid #555}"
)


def html(table: pd.DataFrame, caption: str) -> str:
    """The table with its caption and notes as a self-contained page; all text is escaped."""
    heads = "".join(f"<th>{escape(name)}</th>" for name in ("", *heads_of(table)))
    parts = [f"<p>{escape(caption)}</p>"]
    for block in blocks(table):
        lines = "".join(_line(label, cells) for label, cells in block.lines)
        parts.append(f"<h3>{escape(block.title)}</h3><table><tr>{heads}</tr>{lines}</table>")
    parts += ["<ul>", *(f"<li>{escape(note)}</li>" for note in notes(table)), "</ul>"]
    body = "\n".join(parts)
    return (
        '<!doctype html><html lang="en"><meta'
        f' charset="utf-8"><style>{STYLE}</style><body>\n{body}\n</body></html>\n'
    )


def _line(label: str, cells: list[Cell]) -> str:
    parts = [f"<td>{escape(label)}</td>"]
    parts += [f"<td>{cell.marked(escape, '<b>{}</b>', '<u>{}</u>')}</td>" for cell in cells]
    return f"<tr>{''.join(parts)}</tr>"
