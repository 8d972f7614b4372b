"""The experiments of a study on its page: what was asked, and the figures and tables made of it."""

from collections.abc import Sequence
from os.path import relpath
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from mtdis import discover
from mtdis.artifacts import shown
from mtdis.artifacts.files import read_bytes
from mtdis.errors import ArtifactError, UserError
from mtdis.reporting.formats.cells import Block, blocks, columns_of
from mtdis.reporting.formats.notes import notes
from mtdis.reporting.labels import dataset_label, field_label, row_label
from mtdis.reporting.page.facts import counted
from mtdis.reporting.page.pictures import Pictures
from mtdis.reporting.statistics import value_text
from mtdis.specs.ids import flatten
from mtdis.specs.run import Run

MOST_LINES = 300
"""Lines of a table that the page shows; the csv file has all."""
CLAIMS = "claims"
OPEN_BLOCKS = 8
"""A table of more blocks is closed at first."""
WORDS = (
    *("row", "dataset", "metric", "key", "settings", "column", "note", "text", "published_table"),
    *("claim", "test", "kinds", "unit", "verdict", "reason", "about", "adjustment"),
)
"""Columns of words, in which nothing is an empty text."""


class Figure(NamedTuple):
    """A figure with its caption, and where its files lie, relative to the page."""

    name: str
    caption: str
    source: str
    pdf: str
    problem: str


class Table(NamedTuple):
    """A table with its caption, blocks and notes, and where its csv file lies."""

    name: str
    caption: str
    columns: list[str]
    blocks: list[Block]
    notes: list[str]
    csv: str
    left_out: int
    """Lines that are not shown."""
    problem: str

    @property
    def short(self) -> bool:
        """True if it is shown at once; the claims stand in the answer already."""
        return len(self.blocks) <= OPEN_BLOCKS and self.name != CLAIMS


class Experiment(NamedTuple):
    """An experiment with what was asked, and what it ends in."""

    name: str
    asked: str
    lacking: str
    """What is not there yet, in words."""
    figures: list[Figure]
    tables: list[Table]


def caption_of(package: str, name: str) -> str:
    """The caption of a table or figure, read without importing it."""
    return str(discover.constant(f"mtdis.reporting.{package}", name, "CAPTION") or "")


def figure(path: Path, page: Path, pictures: Pictures) -> Figure:
    """The figure whose pdf is given, with its picture if it is there and whole."""
    name, caption = path.stem, caption_of("figures", path.stem)
    try:
        _there(path)
        source, problem = pictures.place(read_bytes(path.with_suffix(".png"))), ""
    except ArtifactError as error:
        source, problem = "", str(error)
    return Figure(name, caption, source, _relative(path, page), problem)


def table(path: Path, page: Path) -> Table:
    """The table whose csv is given, if it is there and whole."""
    name, caption = path.stem, caption_of("tables", path.stem)
    try:
        found = read_table(path)
    except UserError as error:
        return Table(name, caption, [], [], [], _relative(path, page), 0, str(error))
    kept = found.head(MOST_LINES)
    columns = columns_of(found) if len(found) else []
    return Table(
        name,
        caption,
        columns,
        list(blocks(kept)),
        notes(found) if len(found) else [],
        _relative(path, page),
        len(found) - len(kept),
        "" if len(found) else "It has no line: nothing of the experiment is what it shows.",
    )


def read_table(path: Path) -> pd.DataFrame:
    """A table as it was written, from its csv; ArtifactError if it is missing, damaged, or made of
    another long table than there is.
    """
    _there(path)
    try:
        found = pd.read_csv(path, dtype=dict.fromkeys(WORDS, str))
    except (OSError, ValueError) as error:
        raise ArtifactError(
            f"can't read {path}: {error}. Delete it and run snakemake to make it again."
        ) from None
    return found.assign(**{name: found[name].fillna("") for name in WORDS if name in found})


def _there(path: Path) -> None:
    """ArtifactError unless a table or figure is there, and is as its record seals it."""
    if not path.exists():
        raise ArtifactError(f"{path} is not there yet; snakemake makes it of all that it shows.")
    shown.verify_shown(path)


def asked(runs: Sequence[Run]) -> str:
    """What an experiment asks, in words: which kinds, along which fields, on which data."""
    kinds = list(dict.fromkeys(row_label(run.name()) for run in runs))
    datasets = list(dict.fromkeys(dataset_label(run.dataset.title) for run in runs))
    seeds = counted(len({run.seed for run in runs}), "seed")
    along = [f"{field_label(name)} ({', '.join(_values(runs, name))})" for name in swept(runs)]
    parts = [f"Encoders: {', '.join(kinds)}", f"on {', '.join(datasets)}"]
    parts += [f"along {' and '.join(along)}"] if along else []
    return f"{'; '.join([*parts, seeds])}."


def swept(runs: Sequence[Run]) -> list[str]:
    """The fields in which runs of one kind on one dataset differ, the seed apart, in the order of
    the specs.
    """
    groups: dict[tuple[str, str], dict[str, set[str]]] = {}
    for run in runs:
        values = groups.setdefault((run.name(), run.dataset.title), {})
        for name, value in flatten(run.resolved()):
            values.setdefault(name, set()).add(value_text(value))
    varied = (n for each in groups.values() for n, v in each.items() if len(v) > 1 and n != "seed")
    return list(dict.fromkeys(varied))


def _values(runs: Sequence[Run], name: str) -> list[str]:
    found: dict[str, Any] = {}
    for run in runs:
        fields = dict(flatten(run.resolved()))
        if name in fields:
            found[value_text(fields[name])] = fields[name]
    numbers = all(isinstance(value, int | float) for value in found.values())
    return sorted(found, key=lambda text: found[text]) if numbers else list(found)


def _relative(path: Path, page: Path) -> str:
    """Where a file lies as seen from the page."""
    return Path(relpath(path, page.parent)).as_posix()
