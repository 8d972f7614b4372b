"""Writes tables and figures in all their forms, and beside them a record that seals them.

The record holds the checksum of every form and those of the long table and of the stages that they
were made of. snakemake does not know it: it declares the forms, and makes them anew if one goes.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from os.path import normpath, relpath
from pathlib import Path
from typing import TYPE_CHECKING

from mtdis.artifacts import files
from mtdis.artifacts.records import read_json
from mtdis.artifacts.shapes import ShownContent
from mtdis.errors import ArtifactError

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

SEAL = ".seal.json"
TABLE, FIGURE = ".csv", ".pdf"
"""The form of a table, and of a figure, that a command is asked for; the others lie beside it."""


def write_table(
    path: Path, table: "pd.DataFrame", texts: Mapping[str, str], made_of: Iterable[Path]
) -> None:
    """Write a table as csv, its texts beside it by the ending of their files, and their seal."""
    with _sealed(path, (path.suffix, *texts), made_of):
        for ending, text in texts.items():
            files.write_text(path.with_suffix(ending), text)
        files.write_frame(path, table)


def write_figure(path: Path, figure: "Figure", made_of: Iterable[Path]) -> None:
    """Write a figure as pdf, a png beside it, and their seal."""
    with _sealed(path, (path.suffix, ".png"), made_of):
        for ending in (".png", path.suffix):
            files.write_figure(path.with_suffix(ending), figure)


@contextmanager
def _sealed(path: Path, endings: Iterable[str], made_of: Iterable[Path]) -> Iterator[None]:
    """Seal the forms that the block writes; a block that is killed leaves them without a seal."""
    sources = {relpath(one, path.parent): files.seal(one) for one in made_of}
    record = seal_of(path)
    files.remove(record)
    yield
    forms = [path.with_suffix(ending) for ending in endings]
    sealed = {form.name: files.seal(form) for form in forms}
    files.write_record(record, {"files": sealed, "made_of": sources})


def seal_of(path: Path) -> Path:
    """Where the record of a table or a figure lies."""
    return path.with_suffix(SEAL)


def verify_shown(path: Path) -> bool:
    """True if all forms of a table or a figure are as their record seals them, False if there is no
    record; ArtifactError if one is damaged, or made of another long table or stage than there is.

    What it was made of may have been removed since.
    """
    record = seal_of(path)
    if not record.is_symlink() and not record.exists():
        return False
    content = read_json(record, f"snakemake, if you delete {path.name} too,", ShownContent)
    remedy = f"Delete {path} and run snakemake to make it again."
    if path.name not in content["files"]:
        raise ArtifactError(f"{record} has no checksum of {path.name}. {remedy}")
    for name, expected in content["files"].items():
        files.verify(path.with_name(Path(name).name), expected, remedy)
    for name, expected in content["made_of"].items():
        source = Path(normpath(path.parent / name))
        if source.exists():
            files.verify(source, expected, f"{path} was made of another one. {remedy}")
    return True
