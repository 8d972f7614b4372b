"""The scores and calibrated scores that a study wants of its runs and that are not there yet: one
per metric, with its settings and seed, and network.

Told by the indexes, whose rows are not read. What failed or diverged counts as there.
"""

from collections.abc import Mapping
from pathlib import Path

from mtdis import paths
from mtdis.artifacts import calibrations as calibration_files
from mtdis.artifacts.scores import Summary, read_summary
from mtdis.errors import ArtifactError
from mtdis.operations.inventory import FINISHED, Found
from mtdis.specs.ids import identify
from mtdis.study import Study


def scores(study: Study, folder: Path, runs: Mapping[str, Found]) -> dict[str, int]:
    """How many scores each run of a study lacks."""
    wanted = {(metric.settings_id, metric.seed) for metric in study.metrics}
    found = {}
    for run_id, run in study.runs.items():
        summary = _scored(folder / paths.scores(run_id), runs[run_id]) if wanted else None
        there = summary.metrics if summary else frozenset[tuple[str, int]]()
        found[run_id] = len(wanted - there) * len(run.networks)
    return found


def calibrations(study: Study, folder: Path, runs: Mapping[str, Found]) -> dict[str, int]:
    """How many calibrated scores each run of a study lacks."""
    wanted = {(m.settings_id, m.seed, identify(how)) for m, how in study.calibrations}
    found = dict.fromkeys(study.runs, 0)
    for run_id in study.calibrated_runs:
        there = _calibrated(folder / paths.calibration(run_id), run_id, runs[run_id])
        pairs = {(network, about) for network in study.runs[run_id].networks for about in wanted}
        found[run_id] = len(pairs - there)
    return found


def _scored(path: Path, run: Found) -> Summary | None:
    """The summary of a run's index; None without one, or if it is of other codes."""
    if run.standing not in FINISHED:
        return None
    try:
        found = read_summary(path)
    except ArtifactError:
        return None
    return found if found.codes_sha256 in ("", _codes(run)) else None


def _calibrated(path: Path, run_id: str, run: Found) -> set[tuple[str, tuple[str, int, str]]]:
    """Network and calibration of what a run's index has of the codes that are there."""
    if run.standing not in FINISHED:
        return set()
    try:
        found = calibration_files.read_summary(path, run_id)
    except ArtifactError:
        return set()
    return set(found.counts) if found.codes_sha256 == _codes(run) else set()


def _codes(run: Found) -> str:
    return str(run.record["files"]["codes.h5"]["sha256"])
