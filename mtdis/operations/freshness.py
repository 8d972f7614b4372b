"""Whether the partial tables of an experiment are of the results that are there now: then nothing
need be made.

Files count as unchanged if they have the size and the time that they had, as for make and
Snakemake. Of a stage its record counts, which seals what lies beside it.
"""

import json
from collections.abc import Iterable
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from mtdis import paths
from mtdis.artifacts.records import FORMAT, read_json
from mtdis.errors import ArtifactError
from mtdis.specs.ids import identify
from mtdis.study import Study

NOTE = "made.json"
"""Lies beside the tables: what they were made of, and what was said of them."""
CODE = Path(__file__).parents[1]
"""Our own files: code, and the published numbers."""


def digest(study: Study, experiment: str, folder: Path) -> str:
    """A digest of all that the tables of an experiment are made of: its config, its results in a
    folder, our code.
    """
    wanted = study.experiments[experiment]
    runs, stages = study.run_ids(experiment), [identify(stage) for stage in wanted.stages]
    files = [*map(paths.run, runs), *map(paths.scores, runs), *map(paths.stage, stages)]
    of = {
        "tables": wanted.tables,
        "metrics": [identify(m) for m in study.metrics],
        "results": _seen(folder / file for file in files),
        "code": _code(CODE),
    }
    return sha256(json.dumps(of).encode()).hexdigest()


def told(folder: Path, made_of: str) -> dict[str, Any] | None:
    """What was said of the tables in a folder.

    None if they are of something else, or not as they were written.
    """
    try:
        made = read_json(folder / NOTE, "mtdis tables")
    except ArtifactError:
        return None
    fresh = made.get("made_of") == made_of and made.get("seen") == _seen(_written(folder))
    return dict(made["told"]) if fresh and "told" in made else None


def note(folder: Path, made_of: str, said: dict[str, Any]) -> dict[str, Any]:
    """What is to be written beside tables so that `told` finds it."""
    return {"format": FORMAT, "made_of": made_of, "seen": _seen(_written(folder)), "told": said}


@cache
def _code(folder: Path) -> list[list[Any]]:
    return _seen(sorted(file for pattern in ("*.py", "*.csv") for file in folder.rglob(pattern)))


def _written(folder: Path) -> list[Path]:
    return sorted(path for path in folder.iterdir() if path.name != NOTE)


def _seen(files: Iterable[Path]) -> list[list[Any]]:
    """Path, size and time of files; the path alone of those that are not there."""
    return [[str(file), *_size_and_time(file)] for file in files]


def _size_and_time(file: Path) -> list[int]:
    try:
        found = file.stat()
    except (FileNotFoundError, NotADirectoryError):
        return []
    return [found.st_size, found.st_mtime_ns]
