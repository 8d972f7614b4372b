"""A tidy table as LaTeX: longtable with the rules of booktabs."""

import pandas as pd

from mtdis.reporting.formats.cells import blocks, heads_of
from mtdis.reporting.formats.notes import notes

LATEX_COLUMNS = 4
"""Columns that a page is wide enough for; a wider table goes on in further ones."""
SPECIAL = {c: rf"\{c}" for c in "&%$#_{}"} | {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "±": r"$\pm$",
    "×": r"$\times$",
    "−": "$-$",
    "Δ": r"$\Delta$",
    "²": r"\textsuperscript{2}",
    "†": r"\textdagger{}",
    "–": "--",
    "→": r"$\rightarrow$",
    "ρ": r"$\rho$",
    "τ": r"$\tau$",
    "β": r"$\beta$",
    "σ": r"$\sigma$",
    "≤": r"$\leq$",
    "≥": r"$\geq$",
    "·": r"$\cdot$",
    "|": r"\textbar{}",
    # after the end of a line they would be its arguments
    "[": "{[}",
    "]": "{]}",
    "*": "{*}",
}
LATIN = 0x17F
"""The last letter that LaTeX knows without further packages."""


def latex(table: pd.DataFrame, caption: str) -> str:
    """The table with its caption and notes for a document that uses booktabs and longtable."""
    columns = heads_of(table)
    lines = [r"% needs \usepackage{booktabs,longtable}", r"\begingroup\footnotesize"]
    for start in range(0, max(len(columns), 1), LATEX_COLUMNS):
        text = f"{caption} (Continued.)" if start else caption
        lines += _longtable(table, slice(start, start + LATEX_COLUMNS), text)
    lines += [r"\begin{itemize}", *(rf"\item {escape(note)}" for note in notes(table))]
    return "\n".join([*lines, r"\end{itemize}", r"\endgroup", ""])


def _longtable(table: pd.DataFrame, part: slice, caption: str) -> list[str]:
    """The lines of a longtable with some of the columns."""
    columns = heads_of(table)[part]
    width = len(columns) + 1
    heads = _tex_line(["", *map(escape, columns)])
    lines = [
        rf"\begin{{longtable}}{{{'l' * width}}}",
        rf"\caption{{{escape(caption)}}}\\",
        r"\toprule",
    ]
    lines += [heads, r"\midrule", r"\endfirsthead", r"\toprule", heads, r"\midrule", r"\endhead"]
    for place, block in enumerate(blocks(table)):
        lines += [r"\midrule"] if place else []
        lines += [rf"\multicolumn{{{width}}}{{l}}{{\textbf{{{escape(block.title)}}}}}\\*"]
        for label, cells in block.lines:
            texts = [c.marked(escape, r"\textbf{{{}}}", r"\underline{{{}}}") for c in cells[part]]
            lines += [_tex_line([escape(label), *texts])]
    return [*lines, r"\bottomrule", r"\end{longtable}"]


def escape(text: str) -> str:
    """Text for LaTeX, every special character as itself; one that LaTeX has no letter for by its
    number.
    """
    return "".join(SPECIAL.get(c) or _letter(c) for c in " ".join(text.split()))


def _letter(char: str) -> str:
    if not char.isprintable():
        return ""
    return char if ord(char) <= LATIN else f"(U+{ord(char):04X})"


def _tex_line(cells: list[str]) -> str:
    return " & ".join(cells) + r" \\"
