"""A user's factor table: its columns as classes and raw values of K factors, in N rows, one per
image.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mtdis.data.own.binning import advice, is_measurement
from mtdis.data.own.columns import NUMBER, Column, label, printable, read_columns, rows_of
from mtdis.errors import ArtifactError, unknown
from mtdis.pasting import shell
from mtdis.specs.datasets.own import FACTOR

FILES = "image"
"""The column that names the file of each row's image."""
VALUES = "_value"
"""What ends the name of a column of raw values."""
LARGEST = 2**53
"""Whole numbers up to this are exact as float64."""
MISSING_ELSEWHERE = frozenset(
    ("na", "n/a", "n.a.", "#n/a", "<na>", "none", "nil", "nat", "missing", "-", "?")
)
"""Texts, in small letters, that other tools write into a cell that holds nothing."""
NAMELESS = ("", "Unnamed: 0", "__index_level_0__")
"""Names of the column in which pandas and others number the rows."""
MOST_ROWS_ALONE = 0.75
"""Classes per row from which on a column is taken for names of the rows, and for no factor."""
FEWEST_IMAGES = 8
"""That can be split."""
FEWEST_ROWS = 20
"""Of a table of which that can be said."""


@dataclass(frozen=True)
class Factor:
    """Classes (N,) of a factor, counted from 0, and the raw value and the text in the table of each
    class.
    """

    classes: NDArray[np.int64]
    values: NDArray[np.float64]
    texts: tuple[str, ...]
    is_text: bool
    """Whether the classes are labels and not numbers."""


@dataclass(frozen=True)
class FactorTable:
    """The factors by name, in the order of their columns, and the file of each row if the table
    names files.
    """

    factors: Mapping[str, Factor]
    files: tuple[str, ...] | None
    remarks: tuple[str, ...] = ()
    """On columns that were left out, and classes that may be none."""

    @property
    def classes(self) -> NDArray[np.int64]:
        """Classes (N, K) of all factors, each counted from 0."""
        return np.stack([factor.classes for factor in self.factors.values()], axis=1)

    @property
    def values(self) -> NDArray[np.float64]:
        """Raw values (N, K) of all factors."""
        return np.stack([factor.values[factor.classes] for factor in self.factors.values()], axis=1)


def read_table(path: Path, named: Sequence[str] | None = None) -> FactorTable:
    """The factor table of a csv or parquet file.

    Column `<factor>` has the classes: whole numbers, or labels, which are sorted as text. An
    optional column `<factor>_value` has their raw values, otherwise the number itself (a label's
    place among the labels, from 0). Column `image` names files. The factors are the named columns,
    by default all but those that number or name the rows. ArtifactError, which says where and what
    to do, for anything else.
    """
    columns = dict(read_columns(path))
    files = columns.pop(FILES, None)
    raw = {
        name.removesuffix(VALUES): columns.pop(name)
        for name in list(columns)
        if name.endswith(VALUES)
    }
    _check_raw(path, columns, raw)
    left_out = _left_out(path, columns) if named is None else _not_named(path, columns, named)
    kept = {name: column for name, column in columns.items() if name not in left_out}
    if columns and not kept:
        raise ArtifactError(f"{path}: {' '.join(left_out.values())}")
    _check_names(path, kept)
    factors = {name: _factor(path, name, column, raw.get(name)) for name, column in kept.items()}
    if all(len(factor.values) == 1 for factor in factors.values()):
        raise ArtifactError(
            f"{path}: none of {', '.join(factors)} has two classes; there is nothing to"
            " disentangle."
        )
    remarks = (*filter(None, left_out.values()), *_maybe_missing(kept))
    return FactorTable(factors, None if files is None else _each_once(path, files), remarks)


def _left_out(path: Path, columns: Mapping[str, Column]) -> dict[str, str]:
    """The columns that number or name the rows rather than vary with the images, with a remark on
    each.
    """
    found = {}
    choose = shell("--factors", *(name for name in columns if name not in NAMELESS))
    for name, column in columns.items():
        rows, classes = len(column.places), len(column.words)
        if name in NAMELESS and 1 < classes == rows:
            found[name] = f"column '{name}' only names the rows; it is left out."
            continue
        numbers = rows >= FEWEST_IMAGES and _numbers_the_rows(column)
        if numbers or (rows >= FEWEST_ROWS and classes >= MOST_ROWS_ALONE * rows):
            what = "numbers the rows" if numbers else f"has {classes:,} classes in {rows:,} rows"
            found[name] = (
                f"column '{printable(name)}' {what}: it is left out. If it is a factor, name all"
                f" columns that are: {printable(choose)}"
            )
            if is_measurement(column):
                found[name] += f"\n{advice(str(path), name, column)}"
    return found


def _numbers_the_rows(column: Column) -> bool:
    """Return whether a column counts the rows from 0 or 1."""
    rows = range(len(column.places))
    cells = list(rows_of(column))
    return cells in ([str(row) for row in rows], [str(row + 1) for row in rows])


def _not_named(path: Path, columns: Mapping[str, Column], named: Sequence[str]) -> dict[str, str]:
    for name in named:
        if label(name) not in columns:
            raise ArtifactError(f"{path}: {printable(unknown('factor', name, columns))}")
    wanted = {label(name) for name in named}
    return {name: "" for name in columns if name not in wanted}


def _maybe_missing(columns: Mapping[str, Column]) -> list[str]:
    """Remarks on classes whose label is what other tools write where nothing is."""
    return [
        f"column '{name}': {int((column.places == place).sum()):,} rows are of class"
        f" '{printable(word)}' (the first: row {column.row(place)}), which other tools write for a"
        " missing value. If it is one, fill these rows in or take them and their images out."
        for name, column in columns.items()
        for place, word in enumerate(column.words)
        if word.lower() in MISSING_ELSEWHERE
    ]


def _check_names(path: Path, columns: Mapping[str, Column]) -> None:
    if not columns:
        raise ArtifactError(
            f"{path} has no column of a factor; add one per factor with the class of each image."
        )
    for name in columns:
        if not re.fullmatch(FACTOR, name):
            raise ArtifactError(
                f"{path}: column '{printable(name)}' can't be the name of a factor: a letter, then"
                " letters, digits, '_' and '-'. Rename it, or delete it if it is none."
            )


def _check_raw(path: Path, columns: Mapping[str, Column], raw: Mapping[str, Column]) -> None:
    for name in raw:
        if columns and name not in columns:
            raise ArtifactError(
                f"{path}: column '{printable(name)}{VALUES}' has raw values of an"
                f" {printable(unknown('factor', name, columns))}"
            )


def _each_once(path: Path, column: Column) -> tuple[str, ...]:
    if len(column.words) < len(column.places):
        counts = np.bincount(column.places)
        word = column.words[int(np.argmax(counts > 1))]
        raise ArtifactError(
            f"{path}: image '{printable(word)}' is named in {counts.max()} rows; keep one row per"
            " image."
        )
    return tuple(rows_of(column))


def _factor(path: Path, name: str, column: Column, raw: Column | None) -> Factor:
    numbers = _numbers(path, name, column)
    if numbers is None:
        order = sorted(range(len(column.words)), key=lambda place: column.words[place])
        factor = _of_places(column, order, np.arange(len(order), dtype=np.float64), is_text=True)
    else:
        values, place = np.unique(numbers, return_inverse=True)  # 3 and 3.0 are one class
        texts = tuple(f"{value:.0f}" for value in values)
        factor = Factor(place.astype(np.int64)[column.places], values, texts, is_text=False)
    return factor if raw is None else _with_values(path, name, factor, raw)


def _of_places(
    column: Column, order: Sequence[int], values: NDArray[np.float64], *, is_text: bool
) -> Factor:
    rank = np.argsort(np.array(order))
    return Factor(
        rank[column.places].astype(np.int64), values, tuple(column.words[i] for i in order), is_text
    )


def _numbers(path: Path, name: str, column: Column) -> NDArray[np.float64] | None:
    """The words of a column of classes as numbers; None if they are labels."""
    are_numbers = [NUMBER.fullmatch(word) is not None for word in column.words]
    if not any(are_numbers):
        return None
    if not all(are_numbers):
        number, text = (printable(column.words[are_numbers.index(kind)]) for kind in (True, False))
        missing = (
            f" '{text}' is what other tools write for a missing value: fill it in, or take the row"
            " and its image out."
            if text.lower() in MISSING_ELSEWHERE
            else ""
        )
        raise ArtifactError(
            f"{path}: column '{name}' mixes numbers ('{number}', row"
            f" {column.row(are_numbers.index(True))}) and text ('{text}', row"
            f" {column.row(are_numbers.index(False))}); use one of the two for its classes."
            + missing
        )
    numbers = np.array([float(word) for word in column.words])
    for place, (word, number) in enumerate(zip(column.words, numbers, strict=True)):
        if not _is_exact(word, number):
            where = f"{path}: column '{name}' is {word} in row {column.row(place)}"
            raise ArtifactError(
                f"{where}; a class is a whole number or a text. {advice(str(path), name, column)}"
                if abs(number) < LARGEST
                else f"{where}; a class is a whole number up to {LARGEST:,}, beyond which numbers"
                " are rounded, or a text. Number the classes there."
            )
    return numbers


def _is_exact(word: str, number: float) -> bool:
    """Return whether a word is the whole number that it is read as."""
    try:
        return abs(number) <= LARGEST and number.is_integer() and Decimal(word) == int(number)
    except InvalidOperation:  # an exponent of twenty digits
        return False


def _with_values(path: Path, name: str, factor: Factor, raw: Column) -> Factor:
    """The factor with raw values from their column, of which each class has one."""
    for place, word in enumerate(raw.words):
        if not NUMBER.fullmatch(word) or not np.isfinite(float(word)):
            raise ArtifactError(
                f"{path}: column '{name}{VALUES}' is '{printable(word)}' in row {raw.row(place)}; a"
                " finite number is needed."
            )
    cells = np.array([float(word) for word in raw.words])[raw.places]
    _, first = np.unique(factor.classes, return_index=True)
    values = cells[first]
    other = np.flatnonzero(cells != values[factor.classes])
    if other.size:
        one_class = factor.classes[other[0]]
        raise ArtifactError(
            f"{path}: class {printable(factor.texts[one_class])} of '{name}' has the values"
            f" {values[one_class]:g} (row {first[one_class] + 1}) and {cells[other[0]]:g} (row"
            f" {other[0] + 1}); give each value a class of its own."
        )
    return Factor(factor.classes, values, factor.texts, factor.is_text)
