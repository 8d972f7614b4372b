"""Reads and writes calibrated scores: a file per metric and network with the values under each
draw, and the index of a run's calibrations with what is shown of them.

Reading needs neither numpy nor h5py, as that of scores.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from mtdis.artifacts.records import read_json
from mtdis.artifacts.scores import Row
from mtdis.artifacts.shapes import CalibrationContent, CalibrationIndexContent
from mtdis.errors import ArtifactError, UserError
from mtdis.specs.calibration import CalibratedMetric
from mtdis.specs.ids import identify

MADE_BY = "mtdis calibrate"
CALIBRATED = "_calibrated"
"""Ends the name of a metric in rows that say what its nulls say."""
NULLS = ("rotated_whitened", "rotated_standardised", "permuted")
"""Draws that a score is compared with."""


def place(folder: Path, wanted: CalibratedMetric, network: str) -> Path:
    """The file of a network's calibrated score, below the folder of its run's scores."""
    return folder / identify(wanted.metric) / identify(wanted.calibration) / f"{network}.json"


def read_calibration(
    path: Path, network: str, wanted: CalibratedMetric, codes_sha256: str
) -> dict[str, Any] | None:
    """What is stored of a calibrated score: `values` and `spectrum`; None if there is nothing, or
    it is of something else.
    """
    try:
        content: dict[str, Any] = read_json(path, MADE_BY, CalibrationContent)
        found = CalibratedMetric.from_fields(content)
    except UserError:
        return None
    about = (content["network"], found, content["codes_sha256"])
    return content if about == (network, wanted, codes_sha256) else None


def write_calibration(
    path: Path,
    network: str,
    wanted: CalibratedMetric,
    codes_sha256: str,
    spectrum: Mapping[str, float],
    values: Mapping[str, Mapping[str, float | Sequence[float]]],
) -> None:
    """Write the values of a calibrated score beside what it is of."""
    from mtdis.artifacts.files import write_record  # brings h5py, which reading goes without

    content = {
        "network": network,
        "codes_sha256": codes_sha256,
        "metric": wanted.metric.resolved(),
        "calibration": wanted.calibration.resolved(),
        "spectrum": dict(spectrum),
        "values": values,
    }
    write_record(path, content)


def write_index(
    path: Path,
    run_id: str,
    codes_sha256: str,
    execution: Mapping[str, Any],
    rows: Sequence[Row],
) -> None:
    """Write the index of a run's calibrations; `codes_sha256` is of the file of codes."""
    from mtdis.artifacts.files import write_record

    content = {
        "run": run_id,
        "codes_sha256": codes_sha256,
        "execution": execution,
        "rows": list(rows),
    }
    write_record(path, content)


def read_index(path: Path, run_id: str) -> dict[str, Any]:
    """The index of a run's calibrations; ArtifactError if it is of another run."""
    index: dict[str, Any] = read_json(path, MADE_BY, CalibrationIndexContent)
    if index["run"] != run_id:
        raise _unfinished(path, f"is of run {index['run']}, expected {run_id}")
    return index


def check_index(
    path: Path,
    index: Mapping[str, Any],
    run: Mapping[str, Any],
    wanted: Iterable[CalibratedMetric],
) -> None:
    """ArtifactError unless an index is of the codes that the run's record seals, and has rows of
    every network and calibration that is wanted.
    """
    if why := lacks(index, run, wanted):
        raise _unfinished(path, why)


def lacks(
    index: Mapping[str, Any], run: Mapping[str, Any], wanted: Iterable[CalibratedMetric]
) -> str:
    """Say why an index is not all that is wanted of its run's calibrations; empty if it is."""
    if index["codes_sha256"] != run["files"]["codes.h5"]["sha256"]:
        return "holds calibrations of other codes than the run has now"
    parts = ("network", "settings", "metric_seed", "calibration")
    found = {tuple(row[part] for part in parts) for row in index["rows"]}
    for metric, calibration in wanted:
        about = (metric.settings_id, metric.seed, identify(calibration))
        for one in run["result"]["networks"]:
            if (one["network"], *about) not in found:
                return f"lacks {metric.settings_id} of network {one['network']}, by {about[2]}"
    return ""


def _unfinished(path: Path, why: str) -> ArtifactError:
    return ArtifactError(
        f"{path} {why}. Delete it and run snakemake: only what lacks is calibrated."
    )
