"""The results that exist: which runs and stages of a study are there, and which are not what their
id says.
"""

import os
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from mtdis import paths
from mtdis.artifacts.records import read_record
from mtdis.artifacts.scores import Summary, read_summary
from mtdis.errors import ArtifactError, ConfigError
from mtdis.specs.base import Spec
from mtdis.specs.ids import identify, shorten
from mtdis.study import Study

DONE, DIVERGED, STALE, MISSING = "done", "diverged", "stale", "missing"
FINISHED = (DONE, DIVERGED)
RUNS, STAGES, SCORES, IDS = (
    str(Path(path).parents[1])
    for path in (paths.run("x"), paths.stage("x"), paths.scores("x"), "results/ids/x/x")
)
"""The folders of results that all studies share."""
FOLDERS = (os.sep, *(part for path in (RUNS, STAGES, SCORES) for part in Path(path).parts))
NEAREST = 3


@dataclass(frozen=True)
class Found:
    """The standing of a wanted result: done, diverged (done, but a network of it has no value),
    stale, or missing.
    """

    standing: str
    record: Mapping[str, Any] = field(default_factory=dict, repr=False)
    problem: str = ""
    """Why it is stale: a damaged record, or one of another spec or version."""


def names(folder: Path) -> list[str]:
    """The names of the folders and files in a folder, sorted; none if it is not there."""
    try:
        with os.scandir(folder) as entries:
            return sorted(entry.name for entry in entries if not entry.name.startswith("."))
    except (FileNotFoundError, NotADirectoryError):
        return []


def runs(study: Study, folder: Path) -> dict[str, Found]:
    """Each run of a study by its id, read in one pass over the folder of runs."""
    there = set(names(folder / RUNS))
    return {
        i: _found(folder / paths.run(i), run) if i in there else Found(MISSING)
        for i, run in study.runs.items()
    }


def stages(study: Study, folder: Path) -> dict[str, Found]:
    """Each stage of a study by its id."""
    there = set(names(folder / STAGES))
    return {
        i: _found(folder / paths.stage(i), s) if i in there else Found(MISSING)
        for i, s in study.stages.items()
    }


def _found(path: Path, spec: Spec) -> Found:
    if not path.exists():
        return Found(MISSING)
    try:
        record = read_record(path, spec, "snakemake")
    except ArtifactError as error:
        return Found(STALE, problem=str(error))
    return Found(DIVERGED if diverged(record) else DONE, record)


def diverged(record: Mapping[str, Any]) -> list[str]:
    """The networks of a run's record that diverged; of a stage's its name, if it did."""
    result = record.get("result", {})
    networks = [n["network"] for n in result.get("networks", []) if n["diverged"]]
    return networks or ([str(record.get("id", ""))] if result.get("diverged") else [])


def scores(study: Study, folder: Path) -> dict[str, Summary]:
    """The summaries of the runs' score indexes that have every metric of the study, by run id.

    An index with diverged networks or failed metrics counts, too.
    """
    wanted = {(metric.settings_id, metric.seed) for metric in study.metrics}
    there = set(names(folder / SCORES))
    found = {i: read_summary(folder / paths.scores(i)) for i in study.runs if i in there}
    return {i: one for i, one in found.items() if one is not None and wanted <= one.metrics}


def wanted_ids(studies: Iterable[Study]) -> set[str]:
    """The ids of all runs, stages, datasets, targets and metrics that studies want."""
    return {
        some_id
        for study in studies
        for group in (
            study.runs,
            study.stages,
            study.datasets,
            study.targets,
            map(identify, study.metrics),
        )
        for some_id in group
    }


def resolve(text: str, known: Collection[str]) -> str:
    """The one id that a user means: itself, its beginning, the id before it was shortened, or a
    path that holds it.

    ConfigError names the ids that it may be the beginning of, or the nearest ones.
    """
    for part in reversed(Path(text).parts):
        for one in (part, shorten(part)):
            if one in known:
                return one
    word = _word(text)
    begun = sorted(i for i in known if i.startswith(word)) or sorted(i for i in known if word in i)
    if len(begun) == 1:
        return begun[0]
    if begun:
        raise ConfigError(
            f"'{word}' may be {len(begun)} runs; give more of one of these:\n{_listed(begun)}"
        )
    near = get_close_matches(word, known, n=NEAREST, cutoff=0.3)
    hint = (
        f"the nearest:\n{_listed(near)}"
        if near
        else f"there are {len(known)}; `mtdis plan --json` lists them."
    )
    raise ConfigError(f"no run or stage '{word}'; {hint}")


def _word(path: str) -> str:
    """The part of a path that stands where an id does: below a folder of results, or first."""
    parts = Path(path).parts
    below = [
        parts[i + 1]
        for i in range(1, len(parts) - 1)
        if str(Path(*parts[i - 1 : i + 1])) in (RUNS, STAGES, SCORES)
    ]
    return below[-1] if below else next((part for part in parts if part not in FOLDERS), path)


def _listed(ids: Collection[str]) -> str:
    lines = [f"  {i}" for i in list(ids)[:10]]
    return "\n".join([*lines, f"  … and {len(ids) - 10} more"] if len(ids) > 10 else lines)
