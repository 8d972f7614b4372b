"""Results whose files are removed so that the next snakemake makes them anew."""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from mtdis.artifacts.locks import is_free
from mtdis.errors import ArtifactError
from mtdis.operations.prune import check_idle
from mtdis.operations.verify import DAMAGED, Problem, verify_results


@dataclass(frozen=True)
class Retried:
    """A file that is removed, and why; `left` says why it is left alone all the same."""

    path: Path
    why: str
    left: str = ""


def retry_damaged(folder: Path, *, delete: bool) -> list[Retried]:
    """Find the records, tables and checkpoints of damaged results, and delete them if so asked.

    Only the file that says that a result is there goes: arrays beside it are written over.
    ArtifactError if something is to be deleted where snakemake works.
    """
    found = list(_damaged(verify_results(folder)))
    if delete:
        check_idle(folder)
        for one in found:
            if not one.left:
                _remove(one.path)
    return found


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
