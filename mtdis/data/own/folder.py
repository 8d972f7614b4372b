"""A user's folder own/<label>: which files are there, whether they fit together, and the config
entry that they make.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from math import prod
from pathlib import Path
from textwrap import indent

import numpy as np
import yaml
from numpy.typing import NDArray

from mtdis.data.array_files import READERS
from mtdis.data.chunks import Chunk
from mtdis.data.own.arrays import open_array
from mtdis.data.own.columns import printable
from mtdis.data.own.images import ImageSource, listed
from mtdis.data.own.look_alikes import ImageDigests, LookAlikes, find_look_alikes
from mtdis.data.own.pngs import CONVERT, open_pngs
from mtdis.data.own.table import FactorTable, read_table
from mtdis.errors import ArtifactError
from mtdis.pasting import shell
from mtdis.specs.datasets.own import Own

TABLES = (".csv", ".parquet")
FEW = 10_000
"""Rows that DCI and others draw to learn from, unless the config says otherwise."""
MEMORY = (
    "few images: metrics that learn (DCI, SAP, explicitness) draw thousands of rows with"
    " replacement, so that the same images are learned from and tested on; how well they predict is"
    " then partly memory"
)
INDENT = " " * 4
"""Before the settings of an experiment."""
OTHER_IMAGES = (".jpg", ".jpeg", ".webp", ".bmp", ".gif", ".tif", ".tiff")
IMAGES = f"a folder of png images, or one file of {', '.join(READERS)}"


class Checksum:
    """The checksum of names, pixels, classes and values in order, whatever file they lie in."""

    def __init__(self, table: FactorTable, images: ImageSource) -> None:
        self._digest = sha256(repr((tuple(table.factors), images.count, images.shape)).encode())

    def add(self, chunk: Chunk) -> None:
        """Take the next rows in."""
        for part in chunk:
            self._digest.update(np.ascontiguousarray(part).data)

    def __str__(self) -> str:
        return f"sha256-{self._digest.hexdigest()[:16]}"


@dataclass(frozen=True)
class OwnData:
    """A user's images and their factor table, which fit together, and the spec that says so."""

    spec: Own
    table: FactorTable
    images: ImageSource
    alike: bool
    """Whether all images are the same."""
    look_alikes: LookAlikes | None
    """Equal images of other classes."""

    def chunks(self) -> Iterator[Chunk]:
        """Images (n, H, W, C), classes (n, K) and raw values (n, K), in the order of the rows.

        ArtifactError after the last of them if they are not those that the spec's checksum was
        computed from.
        """
        checksum = Checksum(self.table, self.images)
        for chunk in _chunks(self.table, self.images):
            checksum.add(chunk)
            yield chunk
        if str(checksum) != self.spec.checksum:
            raise ArtifactError(
                f"own/{self.spec.label}/{self.spec.images} changed while it was read: checksum"
                f" {checksum} the second time, {self.spec.checksum} before. Run the same command"
                " again when nothing writes there any more."
            )


def folder_of(working: Path, label: str) -> Path:
    """The folder of a label; ArtifactError if it is not there."""
    folder = working / "own" / label
    if not folder.is_dir():
        there = (
            ", ".join(sorted(p.name for p in (working / "own").glob("*") if p.is_dir())) or "none"
        )
        raise ArtifactError(
            f"{folder} is no folder (there are: {there}). Put images and factor table there, or a"
            " link to their folder."
        )
    return folder


def find_images(folder: Path) -> str:
    """The name of what holds the images in a folder; ArtifactError if that is not plain."""
    found = [
        p
        for p in listed(folder)
        if p.suffix in READERS or (p.is_dir() and next(p.glob("*.[pP][nN][gG]"), None))
    ]
    if not found and next(folder.glob("*.png"), None):
        raise ArtifactError(
            f"{folder}: png images lie beside the table; move them into a folder"
            f" {folder / 'images'}."
        )
    if not found and (others := sorted(p.name for p in folder.rglob("*") if _is_other(p))):
        raise ArtifactError(
            f"{folder} has {len(others):,} images such as {printable(others[0])}; png is needed,"
            f" whose pixels are the same everywhere. {CONVERT}"
        )
    return _only(folder, found, IMAGES, "--images")


def _is_other(path: Path) -> bool:
    return path.suffix.lower() in OTHER_IMAGES


def find_table(folder: Path) -> str:
    """The name of the factor table in a folder; ArtifactError if that is not plain."""
    return _only(
        folder,
        [p for p in listed(folder) if p.suffix in TABLES],
        "a csv or parquet file",
        "--table",
    )


def _only(folder: Path, found: list[Path], wanted: str, option: str) -> str:
    names = sorted(p.name for p in found if not p.name.startswith("."))
    if not names:
        raise ArtifactError(
            f"{folder} has no {wanted.removeprefix('a ')}; put it there, or a link to it."
        )
    if len(names) > 1:
        raise ArtifactError(
            f"{folder} has several of {wanted}: {', '.join(names)}. Choose one:"
            f" {shell(option, names[0])}"
        )
    return names[0]


def examine(
    working: Path, label: str, images: str, table: str, named: Sequence[str] | None = None
) -> OwnData:
    """Read all of a user's files once and check them; the factors are the named columns.

    ArtifactError for the first thing that is not right.
    """
    folder = folder_of(working, label)
    factors = read_table(folder / table, named)
    source = _open_images(folder / images, factors.files)
    if source.count != len(factors.classes):
        raise ArtifactError(
            f"{folder / table} has {len(factors.classes):,} rows, {folder / images}"
            f" {source.count:,} images; the table needs one row per image, in the images' order."
        )
    height, _, channels = source.shape
    checksum, groups = _read_once(folder / images, factors, source)
    spec = Own.parse(
        {
            "label": label,
            "images": images,
            "table": table,
            "factors": list(factors.factors),
            "class_counts": [len(factor.values) for factor in factors.factors.values()],
            "factor_grid": "complete" if is_complete(factors.classes) else "incomplete",
            "rows": source.count,
            "image_size": height,
            "channels": channels,
            "checksum": checksum,
        },
        "dataset",
    )
    look_alikes = find_look_alikes(groups, factors.classes)
    return OwnData(spec, factors, source, not groups.any(), look_alikes)


def _open_images(path: Path, files: tuple[str, ...] | None) -> ImageSource:
    if path.is_dir():
        return open_pngs(path, files)
    if not path.is_file():
        raise ArtifactError(f"{path} is missing: {IMAGES} is needed.")
    if path.suffix not in READERS:
        raise ArtifactError(
            f"{path} is none of {', '.join(READERS)}; save the images as one of these or as pngs."
        )
    if files is not None:
        raise ArtifactError(
            f"the factor table has a column 'image', and the images are one file, {path}; rows"
            " follow the order of its images. Delete the column, or rename it if it is a factor."
        )
    return open_array(path)


def is_complete(classes: NDArray[np.int64]) -> bool:
    """Return whether rows of classes (N, K), each counted from 0, are all combinations, each once,
    in C order.
    """
    sizes = tuple(int(size) for size in classes.max(axis=0) + 1)
    if prod(sizes) != len(classes):
        return False
    return bool((np.ravel_multi_index(tuple(classes.T), sizes) == np.arange(len(classes))).all())


def _chunks(table: FactorTable, images: ImageSource) -> Iterator[Chunk]:
    classes, values, start = table.classes, table.values, 0
    for block in images.read():
        rows = slice(start, start + len(block))
        yield block, classes[rows], values[rows]
        start += len(block)


def _read_once(
    path: Path, table: FactorTable, images: ImageSource
) -> tuple[str, NDArray[np.int64]]:
    """The checksum of all images and their factors, and the group (N,) of equal images that each
    is in.

    ArtifactError for images that are all black once 255 is white.
    """
    checksum, brightest, digests = Checksum(table, images), 0, ImageDigests()
    for chunk in _chunks(table, images):
        digests.add(chunk[0])
        brightest = max(brightest, int(chunk[0].max()))
        checksum.add(chunk)
    if brightest <= 1:
        raise ArtifactError(
            f"{path}: the largest pixel value of all images is {brightest}, 255 is white. If 1 is"
            " meant to be white, save images * 255."
        )
    return str(checksum), digests.groups()


def entry(spec: Own) -> str:
    """The config entry of a dataset, as YAML: all fields, so that a merge with another entry leaves
    nothing of it.

    Its lines are indented as they stand in an experiment.
    """
    text = yaml.safe_dump(
        {"dataset": spec.resolved()}, sort_keys=False, default_flow_style=None, width=110
    )
    return indent(text, INDENT)


def remarks(data: OwnData) -> list[str]:
    """Remarks for the user: the classes of labels, and what an incomplete grid changes."""
    found = [
        f"{name}: "
        + ", ".join(f"{printable(text)} = {number}" for number, text in enumerate(factor.texts))
        for name, factor in data.table.factors.items()
        if factor.is_text
    ]
    found += data.table.remarks
    if not data.spec.complete:
        found.append(_on_the_grid(data))
    if data.alike:
        found.append("all images are the same: no code can tell their factors apart")
    elif data.look_alikes:
        found.append(_on_look_alikes(data, data.look_alikes))
    if data.spec.count < FEW:
        found.append(MEMORY)
    return found


def _on_look_alikes(data: OwnData, alike: LookAlikes) -> str:
    """The remark on equal images of other classes: how many, an example, what it means."""
    one, other = alike.rows
    texts = [(name, factor.texts, factor.classes) for name, factor in data.table.factors.items()]
    pairs = (texts[column] for column in alike.differing)
    apart = ", ".join(
        printable(f"{name} {text[classes[one]]} and {text[classes[other]]}")
        for name, text, classes in pairs
    )
    return (
        f"{alike.count:,} of {data.spec.count:,} images are equal, byte by byte, to another one of"
        f" other classes, such as those of rows {one + 1} and {other + 1} of the table ({apart}):"
        " no encoder can tell them apart, and no score of these factors can reach 1. Save larger"
        " images, in which they differ; or give equal images one class; or leave out, by --factors,"
        " a factor that the images do not show"
    )


def _on_the_grid(data: OwnData) -> str:
    """The remark on what there is of an incomplete grid, and what that changes."""
    possible, there = prod(data.spec.sizes), len(np.unique(data.table.classes, axis=0))
    if there == possible == data.spec.count:
        names = ", ".join(data.spec.names)
        what = (
            f"all {possible:,} combinations of classes are there once, but not in order (sort the"
            f" rows by {names})"
        )
    else:
        what = (
            f"{there:,} of {possible:,} combinations of classes are there, in {data.spec.count:,}"
            " images"
        )
    return f"{what}: metrics draw from these rows, and the stage task_diagnostics can't be computed"
