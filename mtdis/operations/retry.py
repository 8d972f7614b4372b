"""Results whose files are removed so that the next snakemake makes them anew.

Only the file that says that a result is there goes: arrays beside it are written over, and scores
beside an index that are of the codes which are there then are taken over. With a run go the indexes
of its scores and the stages of the study that stand on it, for its codes may be others.
"""

import os
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from mtdis import paths
from mtdis.artifacts import calibrations
from mtdis.artifacts.locks import is_free
from mtdis.errors import ArtifactError
from mtdis.operations import inventory
from mtdis.operations.prune import check_idle
from mtdis.operations.verify import DAMAGED, Problem, verify_results
from mtdis.specs.ids import identify
from mtdis.specs.stage import Stage
from mtdis.study import Study


@dataclass(frozen=True)
class Retried:
    """A file that is removed, and why; `left` says why it is left alone all the same."""

    path: Path
    why: str
    left: str = ""


def damaged(folder: Path) -> list[Retried]:
    """The records, tables and checkpoints of results in a folder that are damaged."""
    return list(_damaged(verify_results(folder)))


def failed(study: Study, folder: Path) -> list[Retried]:
    """The indexes of scores, calibrated ones too, in which a metric failed.

    A job that failed left no result, so that the next snakemake tries it again anyway.
    """
    runs = inventory.runs(study, folder)
    found = [
        (folder / paths.scores(i), f"{count} values failed")
        for i, summary in inventory.scores(study, folder, runs).finished.items()
        if (count := sum(summary.failed.values()))
    ]
    for i, problem in inventory.calibrations(study, folder, runs).items():
        path = folder / paths.calibration(i)
        if not problem and any(row["error"] for row in calibrations.read_index(path, i)["rows"]):
            found.append((path, "a calibration failed"))
    return _listed(found)


def diverged(study: Study, folder: Path) -> list[Retried]:
    """The runs and stages with a network that diverged, and what stands on them."""
    runs, stages = inventory.runs(study, folder), inventory.stages(study, folder)
    chosen = {
        i: f"{', '.join(inventory.diverged(one.record))} diverged"
        for i, one in {**runs, **stages}.items()
        if one.standing == inventory.DIVERGED
    }
    found = [pair for i, why in chosen.items() for pair in _of(study, folder, i, why)]
    return _listed(found)


def of_ids(study: Study, folder: Path, ids: Iterable[str]) -> list[Retried]:
    """These runs and stages of a study, and what stands on them."""
    return _listed(pair for i in ids for pair in _of(study, folder, i, "asked for"))


def of_experiments(study: Study, folder: Path, names: Iterable[str]) -> list[Retried]:
    """The runs and stages of experiments, and what stands on them."""
    ids = ((*study.run_ids(name), *map(identify, study.experiments[name].stages)) for name in names)
    return of_ids(study, folder, [i for each in ids for i in each])


def delete(found: Collection[Retried], folder: Path) -> None:
    """Delete what is not left alone; ArtifactError where snakemake works in the folder."""
    check_idle(folder)
    for one in found:
        if not one.left:
            _remove(one.path)


def _of(study: Study, folder: Path, some_id: str, why: str) -> Iterator[tuple[Path, str]]:
    """The records of a run or stage and of what stands on it, each with the reason."""
    if some_id in study.runs:
        yield folder / paths.run(some_id), why
        yield folder / paths.scores(some_id), f"scores of {some_id}"
        yield folder / paths.calibration(some_id), f"calibrated scores of {some_id}"
    else:
        yield folder / paths.stage(some_id), why
    for i, stage in study.stages.items():
        if some_id in _stands_on(stage):
            yield folder / paths.stage(i), f"stands on {some_id}"


def _stands_on(stage: Stage) -> set[str]:
    """The ids of the runs and stages that a stage is computed from, through others too."""
    found = {identify(one) for one in (stage.parent, stage.other) if one}
    return found | _stands_on(stage.parent) if isinstance(stage.parent, Stage) else found


def _listed(found: Iterable[tuple[Path, str]]) -> list[Retried]:
    """Those of the files that are there, each once."""
    first: dict[Path, str] = {}
    for path, why in found:
        if os.path.lexists(path):
            first.setdefault(path, why)
    return [Retried(path, why, _obstacle(path)) for path, why in first.items()]


def _damaged(problems: Iterable[Problem]) -> Iterator[Retried]:
    for problem in problems:
        if problem.standing == DAMAGED:
            yield Retried(problem.path, problem.why, _obstacle(problem.path))


def _obstacle(path: Path) -> str:
    """The reason why a file is not removed; empty if it is."""
    if link := next((str(one) for one in path.parents if one.is_symlink()), ""):
        return f"{link} is a link"
    if path.is_dir() and not path.is_symlink():
        with os.scandir(path) as entries:
            return "a folder with files in it" if any(entries) else ""
    return "" if is_free(path) else "being computed"


def _remove(path: Path) -> None:
    try:
        if path.is_dir() and not path.is_symlink():
            path.rmdir()
        else:
            path.unlink(missing_ok=True)
    except OSError as error:
        raise ArtifactError(
            f"{path} can't be deleted: {error}. See that you may write there; run again."
        ) from None
