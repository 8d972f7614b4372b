"""The results that exist: which runs and stages of a study are there, and which are not what their
id says.
"""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mtdis import discover, paths
from mtdis.artifacts import calibrations as calibration_files
from mtdis.artifacts.records import read_record
from mtdis.artifacts.scores import Summary, read_summary
from mtdis.errors import ArtifactError
from mtdis.specs.base import Spec
from mtdis.specs.ids import identify
from mtdis.study import Study

DONE, DIVERGED, STALE, MISSING = "done", "diverged", "stale", "missing"
FINISHED = (DONE, DIVERGED)
RUNS, STAGES, SCORES, IDS = (
    str(Path(path).parents[1])
    for path in (paths.run("x"), paths.stage("x"), paths.scores("x"), "results/ids/x/x")
)
"""The folders of results that all studies share."""


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
        i: found(folder / paths.run(i), run) if i in there else Found(MISSING)
        for i, run in study.runs.items()
    }


def stages(study: Study, folder: Path) -> dict[str, Found]:
    """Each stage of a study by its id."""
    there = set(names(folder / STAGES))
    return {
        i: found(folder / paths.stage(i), s) if i in there else Found(MISSING)
        for i, s in study.stages.items()
    }


def found(path: Path, spec: Spec) -> Found:
    """How the result of a spec stands that is to be at a path."""
    if not os.path.lexists(path):
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


@dataclass(frozen=True)
class Scores:
    """The score indexes of a study's runs."""

    finished: Mapping[str, Summary]
    """Of those that have every metric of the study, by run id; diverged networks and failed metrics
    count as had."""
    stale: Mapping[str, str]
    """Why an index that is there can't be used, by run id."""


def scores(study: Study, folder: Path, runs: Mapping[str, Found]) -> Scores:
    """The score indexes that exist, by their summaries and the records of their runs."""
    wanted = {(metric.settings_id, metric.seed) for metric in study.metrics}
    there = set(names(folder / SCORES))
    finished, stale = {}, {}
    for run_id in (i for i in study.runs if i in there):
        path = folder / paths.scores(run_id)
        if not os.path.lexists(path):
            continue
        try:
            summary = read_summary(path)
        except ArtifactError as error:
            stale[run_id] = str(error)
            continue
        if wanted <= summary.metrics:
            if why := lacks(summary, runs[run_id].record):
                stale[run_id] = f"{path} {why}. Delete it, then snakemake scores what lacks."
            else:
                finished[run_id] = summary
    return Scores(finished, stale)


def calibrations(study: Study, folder: Path, runs: Mapping[str, Found]) -> dict[str, str]:
    """Each index of calibrated scores that a study wants and that is there: why it can't be used,
    empty if it can, by run id.
    """
    found = {}
    for run_id in study.calibrated_runs:
        path = folder / paths.calibration(run_id)
        if not os.path.lexists(path):
            continue
        try:
            summary = calibration_files.read_summary(path, run_id)
        except ArtifactError as error:
            found[run_id] = str(error)
            continue
        record = runs[run_id].record
        why = calibration_files.summary_lacks(summary, record, study.calibrations) if record else ""
        found[run_id] = f"{path} {why}. Run snakemake: what lacks is calibrated." if why else ""
    return found


def lacks(summary: Summary, run: Mapping[str, Any]) -> str:
    """Say why the index of a summary is not all that its run's record asks for; empty if it is."""
    if run:
        if summary.codes_sha256 not in ("", run["files"]["codes.h5"]["sha256"]):
            return "holds scores of other codes than the run has now"
        expected = {one["network"] for one in run["result"]["networks"]}
        if lacking := sorted(expected - set(summary.networks)):
            return f"lacks the network {lacking[0]}"
    metrics = [settings.partition("+")[0] for settings, _ in summary.metrics]
    keys = sum(len(discover.constant("mtdis.metrics", m, "KEYS") or ()) for m in metrics)
    rows = keys * len(summary.networks)
    return "" if summary.rows == rows else f"has {summary.rows} rows, {rows} are expected"


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
