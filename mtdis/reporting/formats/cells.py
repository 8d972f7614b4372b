"""The text of a tidy table: a block per key, a line per row, a column per dataset or `column`.

A tidy table has the columns `comparison` describes. Optional are `best` and `best_autoencoder`
(bold, underlined, as in the paper's Table 1), `change` (from a reference column), `over` (what n
counts: seeds, or tasks), and fields `spec.*` that keep variants apart. A table of words has them in
`text`: its cells and notes are what its lines say.
"""

import re
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pandas as pd

from mtdis.reporting.labels import dataset_label, in_words, row_label, shown
from mtdis.reporting.long_table import unlike_metric
from mtdis.reporting.statistics import variant_text


class Cell(NamedTuple):
    """The text of a cell, and whether it is set apart as the paper does."""

    text: str
    bold: bool = False
    underlined: bool = False

    def marked(self, escape: Callable[[str], str], bold: str, underlined: str) -> str:
        """The escaped text in the marks of a format, such as `<b>{}</b>` and `<u>{}</u>`."""
        text = escape(self.text)
        text = underlined.format(text) if self.underlined else text
        return bold.format(text) if self.bold else text


class Block(NamedTuple):
    """The lines of one key: a title, and per row its label and a cell per column."""

    title: str
    lines: list[tuple[str, list[Cell]]]


def blocks(table: pd.DataFrame) -> Iterator[Block]:
    """The blocks of a tidy table, in the order of its lines: one per variant, key, settings, and
    dataset unless the datasets are the columns.
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
        settings = f" ({in_words(other)})" if other else ""
        title = f"{shown(named['metric'], named['key']).label}{settings}"
        dataset = dataset_label(named.get("dataset", ""))
        yield Block(
            ", ".join(filter(None, [title, dataset, in_words(variant_text(label))])),
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
        (row_label(row), [cells.get((row, c), Cell("")) for c in columns])
        for row in group["row"].unique()
    ]


def cell(row: dict[Any, Any]) -> str:
    """One cell: its text, or `0.042 ± 0.021 (3, 1 diverged) [.04 ± .02]`.

    † marks a published value not comparable.
    """
    if "text" in row:
        return str(row["text"])
    lost = [f"{row[word]} {word}" for word in ("diverged", "failed") if row[word]]
    places = shown(row.get("metric", ""), row.get("key", "")).decimals
    if row["n"]:
        spread = "" if pd.isna(row["sd"]) else f" ± {row['sd']:.{places}f}"
        networks = _networks(row, places)
        ours = f"{row['mean']:.{places}f}{spread} ({', '.join([str(row['n']), *lost, *networks])})"
    else:
        ours = ", ".join(lost)
    if not pd.isna(change := row.get("change")):
        ours += f" Δ {change:+.{places}f}"
    return " ".join(filter(None, [ours, _published(row, places)]))


def _networks(row: dict[Any, Any], places: int) -> list[str]:
    """The spread over networks where a published one stands that behaves like it."""
    spread = row.get("sd_networks")
    if pd.isna(spread) or pd.isna(row.get("published_sd")):
        return []
    return [f"networks ± {spread:.{places}f}"]


def _published(row: dict[Any, Any], places: int) -> str:
    if pd.isna(row.get("published_mean")):
        return ""
    digits = int(row.get("published_digits", 2))
    spread = "" if pd.isna(row["published_sd"]) else f" ± {_short(row['published_sd'], digits)}"
    difference = row.get("difference")
    delta = "" if pd.isna(difference) else f"; Δ {difference:+.{places}f}"
    mark = "" if row["comparable"] else "†"
    return f"[{_short(row['published_mean'], digits)}{spread}{delta}]{mark}"


def columns_of(table: pd.DataFrame) -> list[str]:
    """The columns that the lines of a tidy table name, or its datasets, in the order of the
    lines.
    """
    return [str(name) for name in table[_column(table)].unique()]


def heads_of(table: pd.DataFrame) -> list[str]:
    """The names for people of the columns that `columns_of` names."""
    said = dataset_label if _column(table) == "dataset" else in_words
    return [said(name) for name in columns_of(table)]


def _column(table: pd.DataFrame) -> str:
    return "column" if "column" in table.columns else "dataset"


def _short(number: float, digits: int) -> str:
    text = f"{number:.{digits}f}"
    return re.sub(r"^(-?)0\.", r"\1.", text)
