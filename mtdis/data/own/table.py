"""A user's factor table: its columns as classes and raw values of K factors, in N rows, one per
image.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from mtdis.data.own.columns import Column, read_columns, rows_of
from mtdis.errors import ArtifactError, unknown
from mtdis.specs.datasets.own import FACTOR

FILES = "image"
"""The column that names the file of each row's image."""
VALUES = "_value"
"""What ends the name of a column of raw values."""
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
LARGEST = 2**53
"""Whole numbers up to this are exact as float64."""


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

    @property
    def classes(self) -> NDArray[np.int64]:
        """Classes (N, K) of all factors, each counted from 0."""
        return np.stack([factor.classes for factor in self.factors.values()], axis=1)

    @property
    def values(self) -> NDArray[np.float64]:
        """Raw values (N, K) of all factors."""
        return np.stack([factor.values[factor.classes] for factor in self.factors.values()], axis=1)


def read_table(path: Path) -> FactorTable:
    """The factor table of a csv or parquet file.

    Column `<factor>` has the classes: whole numbers, or labels, which are sorted as text. An
    optional column `<factor>_value` has their raw values, otherwise the number itself (a label's
    place among the labels, from 0). Column `image` names files. ArtifactError, which says where and
    what to do, for anything else.
    """
    columns = dict(read_columns(path))
    files = columns.pop(FILES, None)
    raw = {
        name.removesuffix(VALUES): columns.pop(name)
        for name in list(columns)
        if name.endswith(VALUES)
    }
    _check_names(path, columns, raw)
    factors = {name: _factor(path, name, column, raw.get(name)) for name, column in columns.items()}
    if all(len(factor.values) == 1 for factor in factors.values()):
        raise ArtifactError(
            f"{path}: none of {', '.join(factors)} has two classes; there is nothing to"
            " disentangle."
        )
    return FactorTable(factors, None if files is None else _each_once(path, files))


def _check_names(path: Path, columns: Mapping[str, Column], raw: Mapping[str, Column]) -> None:
    if not columns:
        raise ArtifactError(
            f"{path} has no column of a factor; add one per factor with the class of each image."
        )
    for name in columns:
        if not re.fullmatch(FACTOR, name):
            raise ArtifactError(
                f"{path}: column '{name}' can't be the name of a factor: a letter, then letters,"
                " digits, '_' and '-'. Rename it, or delete it if it is none."
            )
    for name in raw:
        if name not in columns:
            raise ArtifactError(
                f"{path}: column '{name}{VALUES}' has raw values of an"
                f" {unknown('factor', name, columns)}"
            )


def _each_once(path: Path, column: Column) -> tuple[str, ...]:
    if len(column.words) < len(column.places):
        counts = np.bincount(column.places)
        word = column.words[int(np.argmax(counts > 1))]
        raise ArtifactError(
            f"{path}: image '{word}' is named in {counts.max()} rows; keep one row per image."
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
        number, text = (column.words[are_numbers.index(kind)] for kind in (True, False))
        raise ArtifactError(
            f"{path}: column '{name}' mixes numbers ('{number}', row"
            f" {column.row(are_numbers.index(True))}) and text ('{text}', row"
            f" {column.row(are_numbers.index(False))}); use one of the two for its classes."
        )
    numbers = np.array([float(word) for word in column.words])
    wrong = (numbers != np.round(numbers)) | (np.abs(numbers) > LARGEST)
    if wrong.any():
        place = int(np.argmax(wrong))
        raise ArtifactError(
            f"{path}: column '{name}' is {column.words[place]} in row {column.row(place)}; a class"
            " is a whole number or a text. Number the classes there, and put raw values into a"
            f" column '{name}{VALUES}'."
        )
    return numbers


def _with_values(path: Path, name: str, factor: Factor, raw: Column) -> Factor:
    """The factor with raw values from their column, of which each class has one."""
    for place, word in enumerate(raw.words):
        if not NUMBER.fullmatch(word) or not np.isfinite(float(word)):
            raise ArtifactError(
                f"{path}: column '{name}{VALUES}' is '{word}' in row {raw.row(place)}; a finite"
                " number is needed."
            )
    cells = np.array([float(word) for word in raw.words])[raw.places]
    _, first = np.unique(factor.classes, return_index=True)
    values = cells[first]
    other = np.flatnonzero(cells != values[factor.classes])
    if other.size:
        one_class = factor.classes[other[0]]
        raise ArtifactError(
            f"{path}: class {factor.texts[one_class]} of '{name}' has the values"
            f" {values[one_class]:g} (row {first[one_class] + 1}) and {cells[other[0]]:g} (row"
            f" {other[0] + 1}); give each value a class of its own."
        )
    return Factor(factor.classes, values, factor.texts, factor.is_text)
