"""A tidy table as GitHub markdown."""

import re

import pandas as pd

from mtdis.reporting.formats.cells import blocks, heads_of
from mtdis.reporting.formats.notes import notes


def markdown(table: pd.DataFrame, caption: str) -> str:
    """The table with its caption and notes as GitHub markdown."""
    columns = [_md(name) for name in heads_of(table)]
    parts = [_md(caption)]
    for block in blocks(table):
        head = [f"**{_md(block.title)}**", "", _md_line(["", *columns])]
        rule = "|" + "---|" * (len(columns) + 1)
        lines = [
            _md_line([_md(label), *(c.marked(_md, "**{}**", "<ins>{}</ins>") for c in cells)])
            for label, cells in block.lines
        ]
        parts.append("\n".join([*head, rule, *lines]))
    parts.append("\n".join(f"- {_md(note)}" for note in notes(table)))
    return "\n\n".join(parts) + "\n"


def _md(text: str) -> str:
    return re.sub(r"([\\|*_<>])", r"\\\1", text)


def _md_line(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"
