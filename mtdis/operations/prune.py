"""Results that no study wants: found, set apart from what must stay, and removed file by file.

Only what mtdis has written is ever offered: a folder with a record of the known format and of its
own name, or with nothing but a checkpoint that no one writes any more, and no other file. What is
being computed and links are left alone, and so is what lies behind them.
"""

import json
import os
import re
import time
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mtdis import paths
from mtdis.artifacts.locks import LOCK, is_free
from mtdis.artifacts.records import (
    CHECKPOINT,
    PROGRESS,
    READY,
    SEALED,
    SEALED_BY_STAGE,
    read_json,
)
from mtdis.errors import ArtifactError
from mtdis.operations import inventory
from mtdis.operations.job_states import FRESH
from mtdis.specs.calibration import Calibration
from mtdis.specs.ids import BETWEEN_FIELDS
from mtdis.study import Study

LOCKS = ".snakemake/locks"
TEMPORARY = re.compile(r"\.(.+)\.\d+\.tmp")
"""What `artifacts.atomic` leaves of a killed process."""
UNWANTED, OLDER, UNFINISHED = (
    "no config wants it",
    "of an older version",
    "begun and never finished",
)
UNSEEN = "a link; nothing that lies behind it was looked at"
CALIBRATION = Path(paths.calibration("x")).name
DATA, TARGETS = str(Path(paths.dataset("x")).parent), str(Path(paths.targets("x")).parent)
RESULTS = (inventory.RUNS, inventory.STAGES, inventory.SCORES, inventory.IDS)


@dataclass(frozen=True)
class Unwanted:
    """A result that no study wants: its path, the reason, its files (the record first) and their
    size.
    """

    path: Path
    reason: str
    files: tuple[Path, ...]
    bytes: int


@dataclass(frozen=True)
class Kept:
    """A result that no study wants and that is left alone all the same, and the reason."""

    path: Path
    reason: str


Found = Unwanted | Kept


def prune(
    studies: Collection[Study], folder: Path, *, with_data: bool, delete: bool
) -> list[Found]:
    """Find everything below results (and data) that none of the studies wants, in the order of its
    path, and delete it if so asked.

    ArtifactError if something is to be deleted where snakemake works.
    """
    found = _find(studies, folder, with_data)
    if delete:
        check_idle(folder)
        for one in found:
            if isinstance(one, Unwanted):
                _remove(one)
    return found


def check_idle(folder: Path) -> None:
    """Raise ArtifactError where snakemake works: nothing is to be deleted under it."""
    if any((folder / LOCKS).glob("*")):
        raise ArtifactError(
            f"snakemake works in {folder.resolve()}, or was killed there: {LOCKS} is not empty."
            " Wait for it, or run `snakemake --unlock` if none is running. Nothing was deleted."
        )


def _find(studies: Collection[Study], folder: Path, with_data: bool) -> list[Found]:
    wanted = inventory.wanted_ids(studies)
    older = {
        _versionless(spec.resolved())
        for study in studies
        for spec in (*study.runs.values(), *study.stages.values())
    }
    found: list[Found] = []
    for place, record, beside in (
        (inventory.RUNS, "run.json", (*SEALED, CHECKPOINT, PROGRESS, READY, LOCK)),
        (inventory.STAGES, "stage.json", (*SEALED_BY_STAGE, CHECKPOINT, PROGRESS, LOCK)),
        (inventory.SCORES, "index.json", (CALIBRATION,)),
    ):
        found += (_folder(path, record, beside, older) for path in _unwanted(folder, place, wanted))
    if with_data:
        found += (
            _data(path)
            for place in (DATA, TARGETS)
            for path in _unwanted(folder, place, wanted, ".json")
        )
    kept = {one.path.name.removesuffix(".json") for one in found if isinstance(one, Kept)}
    looked_at = (*RESULTS, *((DATA, TARGETS) if with_data else ()))
    links = {place: link for place in looked_at if (link := _link_to(folder, place))}
    for place in (*links, *(() if with_data else (DATA, TARGETS))):
        kept |= {name.removesuffix(".json") for name in inventory.names(folder / place)}
    ids = (_index(path) for path in _unwanted(folder, inventory.IDS, {*wanted, *kept}, ".json"))
    return [*(Kept(link, UNSEEN) for link in sorted({*links.values()})), *found, *ids]


def _remove(found: Unwanted) -> None:
    """Delete the files, the record first, so that what is half gone counts as not there; then the
    empty folders.
    """
    try:
        for path in found.files:
            path.unlink(missing_ok=True)
        for folder, _, _ in os.walk(found.path, topdown=False):
            Path(folder).rmdir()
    except OSError as error:
        raise ArtifactError(
            f"{found.path} can't be deleted: {error}. See that you may write there; run again."
        ) from None


def _unwanted(
    folder: Path, place: str, wanted: Collection[str], suffix: str = ""
) -> Iterator[Path]:
    """The paths at a place in a folder whose names are not wanted; none behind a link."""
    if _link_to(folder, place):
        return
    for name in inventory.names(folder / place):
        if name.endswith(suffix) and name.removesuffix(suffix) not in wanted:
            yield folder / place / name


def _link_to(folder: Path, place: str) -> Path | None:
    """The first link on the way from a folder to a place in it, if there is one."""
    steps = Path(place)
    ways = [folder / way for way in (*steps.parents, steps) if way != Path()]
    return min(
        (way for way in ways if way.is_symlink()), key=lambda way: len(way.parts), default=None
    )


def _folder(path: Path, record: str, beside: Collection[str], older: Collection[str]) -> Found:
    """The folder of a run, a stage or scores, unwanted or, for a reason, kept."""
    if path.is_symlink() or not path.is_dir():
        return Kept(path, "a link" if path.is_symlink() else "not a folder")
    if not is_free(path / record):
        return Kept(path, "being computed")
    files = list(_files(path))
    for one in files:
        known = one.parent == path and _plain_name(one.name) in (record, *beside)
        scored = record == "index.json" and _is_score(one, path)
        if one.is_symlink() or not (known or scored):
            what = "a link" if one.is_symlink() else "not written by mtdis"
            return Kept(path, f"holds {one.relative_to(path)}, {what}")
    if path / record not in files:
        newest = max((p.lstat().st_mtime for p in (path, *files)), default=0.0)
        if time.time() - newest < FRESH:
            return Kept(path, "changed in the last 15 minutes")
        return _with_size(path, UNFINISHED, files)
    content = _ours(path / record, path.name)
    if content is None:
        return Kept(path, f"{record} is not a record of this name and format")
    reason = OLDER if _versionless(content.get("spec", {})) in older else UNWANTED
    others = [one for one in files if one != path / record]
    return _with_size(path, reason, [path / record, *others])


def _with_size(path: Path, reason: str, files: Iterable[Path]) -> Unwanted:
    each = tuple(files)
    return Unwanted(path, reason, each, sum(p.lstat().st_size for p in each))


def _ours(record: Path, name: str) -> dict[str, Any] | None:
    """A record of the known format that says that it is of this name."""
    try:
        content = read_json(record, "snakemake")
    except (ArtifactError, OSError):
        return None
    return content if name in (content.get("id"), content.get("run")) else None


def _data(record: Path) -> Found:
    """The record of a dataset or of targets, and the arrays beside it."""
    arrays = record.with_suffix(".h5")
    for path in (record, arrays):
        if path.is_symlink():
            return Kept(record, f"{path.name} is a link")
    if _ours(record, record.stem) is None:
        return Kept(record, "not a record of this name and format")
    return _with_size(record, UNWANTED, [path for path in (record, arrays) if path.exists()])


def _index(path: Path) -> Found:
    """The index file of a shortened id."""
    try:
        held = None if path.is_symlink() else read_json(path, "snakemake").get("id")
    except (ArtifactError, OSError):
        held = None
    if not isinstance(held, str) or not held:
        return Kept(path, "not an index file of mtdis")
    return _with_size(path, UNWANTED, [path])


def _files(folder: Path) -> Iterator[Path]:
    """All files below a folder; links are named, never followed."""
    with os.scandir(folder) as entries:
        for entry in sorted(entries, key=lambda e: e.name):
            if entry.is_dir(follow_symlinks=False):
                yield from _files(Path(entry.path))
            else:
                yield Path(entry.path)


def _plain_name(name: str) -> str:
    """The name of the file that a temporary one was to become."""
    found = TEMPORARY.fullmatch(name)
    return found[1] if found else name


def _is_score(path: Path, folder: Path) -> bool:
    """Return whether a file below the folder of a run's scores is a score, or a calibrated one, at
    its place, or was to become one.
    """
    name = _plain_name(path.name)
    calibrated = path.parent.name.partition(BETWEEN_FIELDS)[0] == Calibration.name()
    of_metric = path.parents[1] if calibrated else path.parent
    if of_metric.parent != folder or not name.endswith(".json"):
        return False
    if name != path.name:
        return True
    try:
        content = read_json(path, "snakemake")
    except (ArtifactError, OSError):
        return False
    metric, network = content.get("metric"), name.removesuffix(".json")
    named = isinstance(metric, dict) and of_metric.name.partition(BETWEEN_FIELDS)[0] == metric.get(
        "name"
    )
    return (
        named and content.get("network") == network and {"codes_sha256", "values"} <= content.keys()
    )


def _versionless(fields: Any) -> str:
    return json.dumps(_without_version(fields), sort_keys=True)


def _without_version(fields: Any) -> Any:
    if isinstance(fields, dict):
        return {key: _without_version(value) for key, value in fields.items() if key != "version"}
    return fields
