"""Columns of a user's csv or parquet table as text, of R rows, before their meaning is known."""

import csv
import re
import unicodedata
from array import array
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from mtdis.errors import ArtifactError

NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
MISSING = ("", "nan", "null")
"""Texts, in any case, of a cell that holds nothing."""


class Column(NamedTuple):
    """The place among the words of each row's word (R,); every word is there once."""

    places: NDArray[np.int64]
    words: tuple[str, ...]

    def row(self, place: int) -> int:
        """The first row with a word, counted from 1."""
        return int(np.argmax(self.places == place)) + 1


def label(text: str) -> str:
    """The text of a cell, of a column's name or of a file's, as all are compared: without blanks
    around it, its letters composed (Unicode's NFC).
    """
    return unicodedata.normalize("NFC", text).strip()


def printable(text: str) -> str:
    """A text in which line breaks, control characters and all else that no terminal shows are
    escaped, so that it stays within its line.
    """
    return "".join(
        c if c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode() for c in text
    )


def read_columns(path: Path) -> Mapping[str, Column]:
    """The columns of a table by name, in order.

    ArtifactError if it can't be read, has no rows, or has empty cells.
    """
    if not path.is_file():
        raise ArtifactError(
            f"{path} is missing: a csv or parquet file with a row per image is needed."
        )
    columns = _read_parquet(path) if path.suffix == ".parquet" else _read_csv(path)
    for name, column in columns.items():
        for place, word in enumerate(column.words):
            if word.lower() in MISSING:
                raise ArtifactError(
                    f"{path}: column '{printable(name)}' is empty in row {column.row(place)};"
                    " fill it in."
                )
    if not any(len(column.places) for column in columns.values()):
        raise ArtifactError(
            f"{path} has no rows; it needs one per image below a line with the names of the"
            " columns."
        )
    return columns


def _read_csv(path: Path) -> dict[str, Column]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            return _columns_of(path, stream)
    except UnicodeDecodeError as error:
        raise ArtifactError(
            f"{path} is not UTF-8 text ({error}); save it as csv in UTF-8."
        ) from None
    except csv.Error as error:
        raise ArtifactError(
            f"{path} can't be read as csv: {error}. Save it again as csv with commas."
        ) from None
    except OSError as error:
        raise ArtifactError(
            f"{path} can't be read: {error}. See that it is there and you may read it."
        ) from None


def _columns_of(path: Path, stream: IO[str]) -> dict[str, Column]:
    lines = csv.reader(stream, strict=True)
    names = _names(path, next(lines, []))
    places, words = [array("q") for _ in names], [dict[str, int]() for _ in names]
    for cells in filter(None, lines):
        if len(cells) != len(names):
            raise ArtifactError(
                f"{path}: line {lines.line_num} has {len(cells)} cells, the first line has"
                f" {len(names)}; mend the line."
            )
        for cell, at, known in zip(map(label, cells), places, words, strict=True):
            at.append(known.setdefault(cell, len(known)))
    found = (
        Column(np.array(at, dtype=np.int64), tuple(known))
        for at, known in zip(places, words, strict=True)
    )
    return dict(zip(names, found, strict=True))


def _names(path: Path, cells: list[str]) -> list[str]:
    names = [label(cell) for cell in cells]
    if not names:
        raise ArtifactError(f"{path} is empty; its first line has to name the columns.")
    if len(names) == 1 and (other := next((mark for mark in ";\t" if mark in names[0]), None)):
        raise ArtifactError(
            f"{path} is separated by {other!r}; save it with commas, or as parquet."
        )
    _check_once(path, names)
    return names


def _check_once(path: Path, names: list[str]) -> None:
    for name in names:
        if names.count(name) > 1:
            raise ArtifactError(
                f"{path} has {names.count(name)} columns named '{printable(name)}'; rename or"
                " delete one."
            )


def _read_parquet(path: Path) -> dict[str, Column]:
    try:
        frame = pd.read_parquet(path)
        if named := [name for name in frame.index.names if name is not None]:
            frame = frame.reset_index(
                named
            )  # a column that pandas made the index; csv would have it as one, too
        names = [label(_text(name)) for name in frame.columns]
        _check_once(path, names)
        columns = [_column(frame.iloc[:, place]) for place in range(len(names))]
        return dict(zip(names, columns, strict=True))
    except ArtifactError:
        raise
    except (OSError, ValueError, TypeError, pa.ArrowException) as error:
        reason = str(error).partition("\n")[0]
        raise ArtifactError(
            f"{path} can't be read as parquet: {reason}. Write it again, or as csv."
        ) from None


def _column(cells: "pd.Series[Any]") -> Column:
    places, values = pd.factorize(cells, use_na_sentinel=True)
    words = [label(_text(value)) for value in values.tolist()]
    if (places < 0).any():
        words.append("")  # where a place of -1, nothing there, finds it
    known = {word: place for place, word in enumerate(dict.fromkeys(words))}
    return Column(np.array([known[word] for word in words], np.int64)[places], tuple(known))


def _text(value: Any) -> str:
    """A value as csv files have it: bytes are the UTF-8 of a text."""
    return value.decode() if isinstance(value, bytes) else str(value)


def rows_of(column: Column) -> Iterator[str]:
    """The cells of a column in order."""
    return (column.words[place] for place in column.places)
