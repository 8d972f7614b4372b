"""A tidy table as markdown and LaTeX (booktabs): a block per key, a line per row, a column per dataset."""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import pandas as pd

from mtdis.statistics import kind_of, variant_text
from mtdis.style import key_label, style

SPREAD = (
    "Ours: mean ± standard deviation with ddof 1 over (n) seeds; published, in brackets: ddof 0. "
    "The csv file holds ours with both, the task of the best and worst rows, and the differences."
)
RELEASED = (
    "The settings of the released code, not those of the paper's text, made the printed Tables 5 and 8–10: "
    "the off-diagonal losses there fit only tanh heads."
)
DAGGER = "† The published value is not comparable with ours, for the reasons below."


class Block(NamedTuple):
    """The lines of one key: a title, and per row its label and a cell per column."""

    title: str
    lines: list[tuple[str, list[str]]]


def markdown(table: pd.DataFrame, caption: str) -> str:
    """The table with its caption and notes as GitHub markdown."""
    columns = columns_of(table)
    parts = [_md(caption)]
    for block in blocks(table):
        head = [f"**{_md(block.title)}**", "", _md_line(["", *columns])]
        rule = "|" + "---|" * (len(columns) + 1)
        parts.append("\n".join([*head, rule, *(_md_line([label, *cells]) for label, cells in block.lines)]))
    parts.append("\n".join(f"- {_md(note)}" for note in notes(table)))
    return "\n\n".join(parts) + "\n"


def latex(table: pd.DataFrame, caption: str) -> str:
    """The table with its caption and notes for a document that uses booktabs and longtable."""
    columns = columns_of(table)
    width = len(columns) + 1
    heads = _tex_line(["", *columns])
    lines = [r"% needs \usepackage{booktabs,longtable}", r"\begingroup\footnotesize"]
    lines += [rf"\begin{{longtable}}{{{'l' * width}}}", rf"\caption{{{escape(caption)}}}\\", r"\toprule"]
    lines += [heads, r"\midrule", r"\endfirsthead", r"\toprule", heads, r"\midrule", r"\endhead"]
    for place, block in enumerate(blocks(table)):
        lines += [r"\midrule"] if place else []
        lines += [rf"\multicolumn{{{width}}}{{l}}{{\textbf{{{escape(block.title)}}}}}\\*"]
        lines += [_tex_line([label, *cells]) for label, cells in block.lines]
    lines += [r"\bottomrule", r"\end{longtable}", r"\begin{itemize}"]
    lines += [rf"\item {escape(note)}" for note in notes(table)]
    return "\n".join([*lines, r"\end{itemize}", r"\endgroup", ""])


def blocks(table: pd.DataFrame) -> Iterator[Block]:
    """The blocks of a tidy table, in the order of its lines: one per variant, key and settings."""
    fields = [c for c in table.columns if c.startswith("spec.")]
    columns = columns_of(table)
    for names, group in table.groupby([*fields, "metric", "key", "settings"], sort=False, dropna=False):
        *values, metric, key, settings = names
        variant = variant_text(dict(zip(fields, values, strict=True)))
        cells = {(r["row"], r["dataset"]): cell(r) for r in group.to_dict("records")}
        lines = [(style(r).label, [cells.get((r, c), "") for c in columns]) for r in group["row"].unique()]
        title = key_label(str(metric), str(key))
        yield Block(", ".join(filter(None, [f"{title} ({settings})", variant])), lines)


def cell(row: dict[Any, Any]) -> str:
    """One cell: `0.042 ± 0.021 (3, 1 diverged) [.04 ± .02]`; † marks a published value not comparable."""
    lost = [f"{row[word]} {word}" for word in ("diverged", "failed") if row[word]]
    if row["n"]:
        spread = "" if pd.isna(row["sd"]) else f" ± {row['sd']:.3f}"
        ours = f"{row['mean']:.3f}{spread} ({', '.join([str(row['n']), *lost])})"
    else:
        ours = ", ".join(lost)
    if pd.isna(row.get("published_mean")):
        return ours
    mark = "" if row["comparable"] else "†"
    return f"{ours} [{_short(row['published_mean'])} ± {_short(row['published_sd'])}]{mark}"


def notes(table: pd.DataFrame) -> list[str]:
    """What a reader must know: which sd is which, what made the printed numbers, what is not comparable."""
    shown = table[table["published_mean"].notna()]
    if shown.empty:
        return [SPREAD]
    dagger = [] if shown["comparable"].all() else [DAGGER]
    return [SPREAD, RELEASED, *dagger, *_remarks(shown)]


def _remarks(shown: pd.DataFrame) -> list[str]:
    """The remarks in the lines' notes, each once, with the datasets, kinds and keys that it is about."""
    parts = shown.assign(
        remark=shown["note"].str.split("; "),
        kind=[style(kind_of(row)).label for row in shown["row"]],
        label=[key_label(*names) for names in zip(shown["metric"], shown["key"], strict=True)],
    ).explode("remark")
    about: dict[str, list[str]] = {}
    for (dataset, remark), group in parts[parts["remark"] != ""].groupby(["dataset", "remark"], sort=False):
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
    "†": r"\textdagger{}",
    "–": "--",
}


def escape(text: str) -> str:
    """Text for LaTeX, every special character as itself."""
    return "".join(SPECIAL.get(c, c) for c in text)


def columns_of(table: pd.DataFrame) -> list[str]:
    """The datasets of a tidy table, a column each."""
    return [str(name) for name in table["dataset"].unique()]


def _short(number: float) -> str:
    return f"{number:.2f}".removeprefix("0")


def _md(text: str) -> str:
    return re.sub(r"([\\|*_<>])", r"\\\1", text)


def _md_line(cells: list[str]) -> str:
    return "| " + " | ".join(_md(c) for c in cells) + " |"


def _tex_line(cells: list[str]) -> str:
    return " & ".join(escape(c) for c in cells) + r" \\"
