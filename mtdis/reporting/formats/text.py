"""A tidy table as markdown and LaTeX (booktabs): a block per key, a line per row, a column per
dataset or `column`.

A tidy table has the columns `comparison` describes. Optional are `best` and `best_autoencoder`
(bold, underlined, as in the paper's Table 1), `change` (from a reference column), `over` (what n
counts: seeds, or tasks), and fields `spec.*` that keep variants apart. A table of words has them in
`text`: its cells and notes are what its lines say.
"""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import pandas as pd

from mtdis.reporting.long_table import INCOMPLETE_GRID, unlike_metric
from mtdis.reporting.statistics import kind_of, variant_text
from mtdis.reporting.style import decimals, key_label, style

SPREAD = (
    "Ours: mean ± standard deviation with ddof 1 over (n) seeds; published, in brackets: ddof 0,"
    " and Δ, ours minus the published, where the two are comparable. The csv file holds ours with"
    " both spreads, and what else is known."
)
SPREAD_OF_TASKS = (
    "Ours: mean ± standard deviation with ddof 1 over (n) tasks; in brackets what others measured,"
    " and Δ, ours minus that, where the two are comparable. The csv file holds ours with both"
    " spreads, and what else is known."
)
RELEASED = (
    "The settings of the released code, not those of the paper's text, made the printed Tables 5"
    " and 8–10: the off-diagonal losses there fit only tanh heads."
)
DAGGER = "† The published value is not comparable with ours, for the reasons below."
MADE_BY_RELEASED = ("5", "8", "9", "10")
LATEX_COLUMNS = 4
"""Columns that a page is wide enough for; a wider table goes on in further ones."""


class Cell(NamedTuple):
    """The text of a cell, and whether it is set apart as the paper does."""

    text: str
    bold: bool = False
    underlined: bool = False


class Block(NamedTuple):
    """The lines of one key: a title, and per row its label and a cell per column."""

    title: str
    lines: list[tuple[str, list[Cell]]]


def markdown(table: pd.DataFrame, caption: str) -> str:
    """The table with its caption and notes as GitHub markdown."""
    columns = [_md(name) for name in columns_of(table)]
    parts = [_md(caption)]
    for block in blocks(table):
        head = [f"**{_md(block.title)}**", "", _md_line(["", *columns])]
        rule = "|" + "---|" * (len(columns) + 1)
        lines = [_md_line([_md(label), *map(_md_cell, cells)]) for label, cells in block.lines]
        parts.append("\n".join([*head, rule, *lines]))
    parts.append("\n".join(f"- {_md(note)}" for note in notes(table)))
    return "\n\n".join(parts) + "\n"


def latex(table: pd.DataFrame, caption: str) -> str:
    """The table with its caption and notes for a document that uses booktabs and longtable."""
    columns = columns_of(table)
    lines = [r"% needs \usepackage{booktabs,longtable}", r"\begingroup\footnotesize"]
    for start in range(0, max(len(columns), 1), LATEX_COLUMNS):
        text = f"{caption} (Continued.)" if start else caption
        lines += _longtable(table, slice(start, start + LATEX_COLUMNS), text)
    lines += [r"\begin{itemize}", *(rf"\item {escape(note)}" for note in notes(table))]
    return "\n".join([*lines, r"\end{itemize}", r"\endgroup", ""])


def _longtable(table: pd.DataFrame, part: slice, caption: str) -> list[str]:
    """The lines of a longtable with some of the columns."""
    columns = columns_of(table)[part]
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
        lines += [
            _tex_line([escape(label), *map(_tex_cell, cells[part])]) for label, cells in block.lines
        ]
    return [*lines, r"\bottomrule", r"\end{longtable}"]


def blocks(table: pd.DataFrame) -> Iterator[Block]:
    """The blocks of a tidy table, in the order of its lines: one per variant, key and settings.

    Where the columns are not the datasets, one per dataset too.
    """
    fields = [c for c in table.columns if c.startswith("spec.")]
    column = _column(table)
    about = ["metric", "key", "settings", *(["dataset"] if column != "dataset" else [])]
    for names, group in table.groupby([*fields, *about], sort=False, dropna=False):
        label, named = (
            dict(zip(fields, names, strict=False)),
            dict(zip(about, map(str, names[len(fields) :]), strict=True)),
        )
        other = unlike_metric(named["settings"], named["metric"])
        settings = f" ({other})" if other else ""
        title = f"{key_label(named['metric'], named['key'])}{settings}"
        yield Block(
            ", ".join(filter(None, [title, named.get("dataset", ""), variant_text(label)])),
            _lines(table, group),
        )


def _lines(table: pd.DataFrame, group: pd.DataFrame) -> list[tuple[str, list[Cell]]]:
    column, columns = _column(table), columns_of(table)
    cells = {
        (line["row"], line[column]): Cell(
            cell(line), line.get("best", False), line.get("best_autoencoder", False)
        )
        for line in group.to_dict("records")
    }
    return [
        (style(row).label, [cells.get((row, c), Cell("")) for c in columns])
        for row in group["row"].unique()
    ]


def cell(row: dict[Any, Any]) -> str:
    """One cell: its text, or `0.042 ± 0.021 (3, 1 diverged) [.04 ± .02]`.

    † marks a published value not comparable.
    """
    if "text" in row:
        return str(row["text"])
    lost = [f"{row[word]} {word}" for word in ("diverged", "failed") if row[word]]
    places = decimals(row.get("metric", ""), row.get("key", ""))
    if row["n"]:
        spread = "" if pd.isna(row["sd"]) else f" ± {row['sd']:.{places}f}"
        ours = f"{row['mean']:.{places}f}{spread} ({', '.join([str(row['n']), *lost])})"
    else:
        ours = ", ".join(lost)
    if not pd.isna(change := row.get("change")):
        ours += f" Δ {change:+.{places}f}"
    return " ".join(filter(None, [ours, _published(row, places)]))


def _published(row: dict[Any, Any], places: int) -> str:
    if pd.isna(row.get("published_mean")):
        return ""
    digits = int(row.get("published_digits", 2))
    spread = "" if pd.isna(row["published_sd"]) else f" ± {_short(row['published_sd'], digits)}"
    difference = row.get("difference")
    delta = "" if pd.isna(difference) else f"; Δ {difference:+.{places}f}"
    mark = "" if row["comparable"] else "†"
    return f"[{_short(row['published_mean'], digits)}{spread}{delta}]{mark}"


def notes(table: pd.DataFrame) -> list[str]:
    """What a reader must know: which sd is which, what made the printed numbers, what is not
    comparable.
    """
    if "text" in table.columns:
        return list(dict.fromkeys(filter(None, "\n".join(table["note"]).split("\n"))))
    shown = table[table["published_mean"].notna()]
    spread = (
        SPREAD_OF_TASKS if "over" in table.columns and table["over"].eq("tasks").any() else SPREAD
    )
    if shown.empty:
        return [spread, *_incomplete_grids(table)]
    numbers = shown["published_table"].str.rstrip("abcdef")
    released = [RELEASED] if numbers.isin(MADE_BY_RELEASED).any() else []
    dagger = [] if shown["comparable"].all() else [DAGGER]
    alone = table[~table["dataset"].isin(shown["dataset"])]
    return [spread, *released, *dagger, *_remarks(shown), *_incomplete_grids(alone)]


def _incomplete_grids(table: pd.DataFrame) -> list[str]:
    """The remark on datasets that the paper has no value for, whose scores are not drawn from a
    complete grid.
    """
    drawn = table[table["note"].astype(str).str.contains(INCOMPLETE_GRID, regex=False)]
    return [f"{', '.join(drawn['dataset'].unique())}: {INCOMPLETE_GRID}."] if len(drawn) else []


def _remarks(shown: pd.DataFrame) -> list[str]:
    """The remarks in the lines' notes, each once, with the datasets, kinds and keys that it is
    about.
    """
    parts = shown.assign(
        remark=shown["note"].str.split("; "),
        kind=[style(kind_of(row)).label for row in shown["row"]],
        label=[key_label(*names) for names in zip(shown["metric"], shown["key"], strict=True)],
    ).explode("remark")
    about: dict[str, list[str]] = {}
    for (dataset, remark), group in parts[parts["remark"] != ""].groupby(
        ["dataset", "remark"], sort=False
    ):
        everything = parts[parts["dataset"] == dataset]
        partial = [c for c in ("kind", "label") if group[c].nunique() < everything[c].nunique()]
        scope = "".join(f" ({', '.join(group[c].unique())})" for c in partial)
        about.setdefault(f"{scope}: {remark}.", []).append(str(dataset))
    return [", ".join(datasets) + text for text, datasets in about.items()]


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
}


def escape(text: str) -> str:
    """Text for LaTeX, every special character as itself."""
    return "".join(SPECIAL.get(c, c) for c in text)


def columns_of(table: pd.DataFrame) -> list[str]:
    """The columns that the lines of a tidy table name, or its datasets, in the order of the
    lines.
    """
    return [str(name) for name in table[_column(table)].unique()]


def _column(table: pd.DataFrame) -> str:
    return "column" if "column" in table.columns else "dataset"


def _short(number: float, digits: int) -> str:
    text = f"{number:.{digits}f}"
    return re.sub(r"^(-?)0\.", r"\1.", text)


def _md(text: str) -> str:
    return re.sub(r"([\\|*_<>])", r"\\\1", text)


def _md_cell(content: Cell) -> str:
    text = f"<ins>{_md(content.text)}</ins>" if content.underlined else _md(content.text)
    return f"**{text}**" if content.bold else text


def _md_line(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def _tex_cell(content: Cell) -> str:
    text = rf"\underline{{{escape(content.text)}}}" if content.underlined else escape(content.text)
    return rf"\textbf{{{text}}}" if content.bold else text


def _tex_line(cells: list[str]) -> str:
    return " & ".join(cells) + r" \\"
