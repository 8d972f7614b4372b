"""Checks that everything in data/ and results/ is what its record sealed.

Every record's seal and shape, every array and file by its checksum, every score index against its
run, every result against the data that it was computed from.
"""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from mtdis import paths
from mtdis.artifacts import calibrations, datasets, files, records, scores, shown
from mtdis.artifacts.checkpoints import check_checkpoint
from mtdis.artifacts.shapes import (
    CalibrationContent,
    DatasetContent,
    DownloadContent,
    IdContent,
    RunContent,
    ScoreContent,
    StageContent,
    TargetsContent,
)
from mtdis.errors import ArtifactError, ConfigError
from mtdis.operations import inventory
from mtdis.progress import progress_bar
from mtdis.specs.base import Spec
from mtdis.specs.calibration import Calibration
from mtdis.specs.dataset import Dataset
from mtdis.specs.ids import identify
from mtdis.specs.run import Run
from mtdis.specs.stage import Stage
from mtdis.specs.targets import Targets, targets_of

DAMAGED, UNSEALED = "damaged", "unsealed"
DATA, DOWNLOADS, TARGETS = (
    str(Path(path).parent) for path in (paths.dataset("x"), paths.download("x"), paths.targets("x"))
)
STUDIES = str(Path(paths.partial("x")).parents[1])
LONG = Path(paths.study_table("x")).stem
"""The name of long tables, whose csv the checksums beside the parquet hold."""
Check = Callable[[Path], bool]
"""Raises ArtifactError if what lies at a path is damaged; True if it holds a seal."""


@dataclass(frozen=True)
class Problem:
    """A result that is damaged, or that holds no checksum of itself."""

    path: Path
    """The file that is deleted so that the result is made anew: a record, a table, a checkpoint."""
    standing: str
    why: str


def verify_results(folder: Path) -> Iterator[Problem]:
    """The damaged and unsealed files in data/ and results/, in the order of the paths.

    A bar tells how far it is on a terminal.
    """
    todo = list(_checks(folder))
    with progress_bar(len(todo), "verifying", "files") as bar:
        for path, check in todo:
            try:
                sealed = check(path)
            except ArtifactError as error:
                yield Problem(path, DAMAGED, str(error))
            else:
                if not sealed:
                    why = f"{path} is from before records held a checksum of themselves"
                    yield Problem(path, UNSEALED, why)
            bar.update()


def _checks(folder: Path) -> Iterator[tuple[Path, Check]]:
    """Each file that says for itself what it is, and how it is checked."""
    for place, suffix, check in (
        (DATA, "", _dataset),
        (DOWNLOADS, "", _download),
        (TARGETS, "", _targets),
        (inventory.RUNS, "/run.json", _run),
        (inventory.STAGES, "/stage.json", _stage),
        (inventory.SCORES, "/index.json", partial(_index, folder)),
        (inventory.SCORES, "/calibration.json", partial(_calibrations, folder)),
        (inventory.IDS, "", _id),
    ):
        for name in inventory.names(folder / place):
            path = folder / place / f"{name}{suffix}"
            if os.path.lexists(path) and path.suffix == ".json":
                yield path, check
    for place in (inventory.RUNS, inventory.STAGES):
        for name in inventory.names(folder / place):
            path = folder / place / name / records.CHECKPOINT
            if os.path.lexists(path):
                yield path, check_checkpoint
    yield from ((path, _score) for path in sorted((folder / inventory.SCORES).glob("*/*/*.json")))
    calibrated = (folder / inventory.SCORES).glob(f"*/*/{Calibration.name()}*/*.json")
    yield from ((path, _calibration) for path in sorted(calibrated))
    yield from ((path, _parquet) for path in sorted((folder / STUDIES).glob("**/*.parquet")))
    yield from ((path, shown.verify_shown) for path in _shown(folder / STUDIES))


def _shown(folder: Path) -> list[Path]:
    """The tables and figures of studies, each by the form that snakemake asks for."""
    found = [path for ending in (shown.TABLE, shown.FIGURE) for path in folder.rglob(f"*{ending}")]
    return sorted(path for path in found if path.with_suffix("").name != LONG)


def _sealed(content: dict[str, Any]) -> bool:
    return bool(content["format"] != records.UNSEALED)


def _own(record: Path, name: str, shape: Any, family: type[Spec]) -> tuple[dict[str, Any], Any]:
    """The content of a record and its spec (None if it is of another version), once it is known to
    lie at the place of its id.
    """
    content = records.read_json(record, "snakemake", shape)
    parse = family.parse if family is Targets else family.from_fields
    try:
        spec = parse(content["spec"])
        content = records.read_record(record, spec, "snakemake")
    except ConfigError:
        spec = None
    if content["id"] != name:
        raise ArtifactError(
            f"{record} is the record of {content['id']}. Delete it and run snakemake to make the"
            " one that belongs here."
        )
    return content, spec


def _dataset(record: Path) -> bool:
    content, _ = _own(record, record.stem, DatasetContent, Dataset)
    if not _whole(record, content):
        for array in content["sha256"]:
            datasets.read_dataset(record, array)
    return _sealed(content)


def _targets(record: Path) -> bool:
    content, _ = _own(record, record.stem, TargetsContent, Targets)
    if not _whole(record, content):
        datasets.read_targets(record)
    return _sealed(content)


def _whole(record: Path, content: dict[str, Any]) -> bool:
    """True once the file of arrays is known to be what its record seals; False of a record from
    before that checksum, which says the size alone.
    """
    arrays, size = record.with_suffix(".h5"), content["bytes"]
    remedy = f"Delete {record} and run snakemake to make it again."
    if digest := content.get("file_sha256"):
        files.verify(arrays, {"bytes": size, "sha256": digest}, remedy)
    elif arrays.exists() and arrays.stat().st_size != size:
        found = arrays.stat().st_size
        raise ArtifactError(f"{arrays} has {found:,} bytes, its record says {size:,}. {remedy}")
    return bool(digest)


def _download(record: Path) -> bool:
    content = records.read_json(record, "mtdis download", DownloadContent)
    for name, expected in content["files"].items():
        remedy = f"Delete {record} and run snakemake to download it again."
        files.verify(record.with_suffix("") / name, expected, remedy)
    return _sealed(content)


def _run(record: Path) -> bool:
    content, spec = _own(record, record.parent.name, RunContent, Run)
    _files(record, content, records.SEALED)
    if spec is not None:
        _stood_on(record, content, spec.dataset, targets_of(spec))
    return _sealed(content)


def _stage(record: Path) -> bool:
    content, spec = _own(record, record.parent.name, StageContent, Stage)
    _files(record, content, (records.SEALED_BY_STAGE[0],))
    if spec is not None:
        _stood_on(record, content, spec.dataset, spec.targets, spec.parent, spec.other)
    return _sealed(content)


def _files(record: Path, content: dict[str, Any], needed: tuple[str, ...]) -> None:
    remedy = f"Delete {record} and run snakemake to make the result again."
    if lacking := sorted({*needed} - content["files"].keys()):
        raise ArtifactError(f"{record} has no checksum of {lacking[0]}. {remedy}")
    for name, expected in content["files"].items():
        files.verify(record.with_name(Path(name).name), expected, remedy)


def _stood_on(
    record: Path,
    content: dict[str, Any],
    dataset: Spec,
    targets: Spec | None,
    parent: Spec | None = None,
    other: Spec | None = None,
) -> None:
    folder = record.parents[3]
    held: Callable[[str], str] = paths.stage
    if isinstance(parent, (Run, Targets)):
        held = paths.run if isinstance(parent, Run) else paths.targets
    records.check_stood_on(
        record,
        content,
        "snakemake",
        dataset=folder / paths.dataset(identify(dataset)),
        targets=folder / paths.targets(identify(targets)) if targets else None,
        parent=folder / held(identify(parent)) if parent else None,
        other=folder / paths.run(identify(other)) if other else None,
    )


def _index(folder: Path, path: Path) -> bool:
    run_id = path.parent.name
    index = scores.read_index(path, run_id)
    summary = scores.summarise(index["rows"], index.get("codes_sha256", ""))
    try:
        run = records.read_json(folder / paths.run(run_id), "snakemake", RunContent)
    except ArtifactError:  # named for itself
        run = {}
    if why := inventory.lacks(summary, run):
        raise ArtifactError(f"{path} {why}. Delete it, then snakemake scores what lacks.")
    return _sealed(index)


def _score(path: Path) -> bool:
    content = records.read_json(path, scores.MADE_BY, ScoreContent)
    metric = content["metric"].get("name")
    if content["network"] != path.stem or metric != path.parent.name.partition("+")[0]:
        raise ArtifactError(
            f"{path} is the score of {content['network']} by {metric}. Delete it, then"
            f" {scores.MADE_BY} makes the one that belongs here."
        )
    return _sealed(content)


def _calibrations(folder: Path, path: Path) -> bool:
    run_id = path.parent.name
    try:
        run = records.read_json(folder / paths.run(run_id), "snakemake", RunContent)
    except ArtifactError:  # named for itself
        return _sealed(calibrations.read_index(path, run_id))
    return _sealed(calibrations.read_whole(path, run, ()))


def _calibration(path: Path) -> bool:
    content = records.read_json(path, calibrations.MADE_BY, CalibrationContent)
    metric = content["metric"].get("name")
    if content["network"] != path.stem or metric != path.parents[1].name.partition("+")[0]:
        raise ArtifactError(
            f"{path} is the calibrated score of {content['network']} by {metric}. Delete it, then"
            f" {calibrations.MADE_BY} makes the one that belongs here."
        )
    return _sealed(content)


def _id(path: Path) -> bool:
    content = records.read_json(path, "any command on this id", IdContent)
    if content["id"].partition("+")[0] != path.stem.partition("+")[0]:
        raise ArtifactError(f"{path} is of {content['id']}. Delete it: it is written again.")
    return _sealed(content)


def _parquet(path: Path) -> bool:
    files.read_frame(path)
    return files.verify_table(path)
