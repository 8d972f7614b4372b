"""Reads and writes calibrated scores: a file per metric and network with the values under each
draw, and the index of a run's calibrations with what is shown of them.

Reading needs neither numpy nor h5py, as that of scores.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mtdis import discover
from mtdis.artifacts.records import check_shape, entry_of, read_json, read_text
from mtdis.artifacts.scores import Row
from mtdis.artifacts.shapes import (
    CalibrationContent,
    CalibrationIndexContent,
    CalibrationSummary,
)
from mtdis.errors import ArtifactError, UserError
from mtdis.specs.calibration import CalibratedMetric
from mtdis.specs.ids import identify
from mtdis.specs.nulls import SAID

MADE_BY = "mtdis calibrate"
CALIBRATED = "_calibrated"
"""Ends the name of a metric in rows that say what its nulls say."""
NULLS = ("rotated_whitened", "rotated_standardised", "permuted")
"""Draws that a score is compared with."""
TRANSFORMS = ("standardised", "whitened", "oriented", "perfect")
"""Of the codes; their scores are rows beside those of the codes as they are."""
LOST = "p_whitened"
"""The one row per key, without a value, of a network that diverged or a metric that failed."""
_About = tuple[str, int, str]
"""Settings and seed of a metric, and the id of a calibration."""
OF_CODES: _About = ("", 0, "")
"""Of rows that say what the codes are like."""
SPECTRUM = (
    "live",
    "rank",
    "condition",
    "effective_rank",
    "linear_r2_factors_from_codes",
    "linear_r2_codes_from_factors",
)
"""Keys of those rows."""


@dataclass(frozen=True)
class Summary:
    """The content of an index of calibrations without its rows."""

    run: str
    codes_sha256: str
    counts: Mapping[tuple[str, _About], int]
    """The number of rows of each network and calibration."""


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

    counts = [[network, *about, count] for (network, about), count in _counts(rows).items()]
    content = {
        "run": run_id,
        "codes_sha256": codes_sha256,
        "execution": execution,
        "rows": list(rows),
        "summary": {"run": run_id, "codes_sha256": codes_sha256, "counts": counts},
    }
    write_record(path, content)


def read_summary(path: Path, run_id: str) -> Summary:
    """The summary of an index, whose seal is checked and whose rows are not read.

    Of an index without one it is made from the rows. ArtifactError if it is missing, damaged, or of
    another run.
    """
    stored = entry_of(read_text(path, MADE_BY), "summary")
    if stored:
        check_shape(path, stored, MADE_BY, CalibrationSummary)
        counts = {(network, (s, seed, by)): n for network, s, seed, by, n in stored["counts"]}
        found = Summary(stored["run"], stored["codes_sha256"], counts)
    else:
        index = read_json(path, MADE_BY, CalibrationIndexContent)
        found = Summary(index["run"], index["codes_sha256"], _counts(index["rows"]))
    if found.run != run_id:
        raise _unfinished(path, f"is of run {found.run}, expected {run_id}")
    return found


def _counts(rows: Iterable[Row]) -> Counter[tuple[str, _About]]:
    return Counter((row["network"], _about(row)) for row in rows)


def _about(row: Row) -> _About:
    return row["settings"], row["metric_seed"], row["calibration"]


def read_index(path: Path, run_id: str) -> dict[str, Any]:
    """The index of a run's calibrations; ArtifactError if it is of another run."""
    index: dict[str, Any] = read_json(path, MADE_BY, CalibrationIndexContent)
    if index["run"] != run_id:
        raise _unfinished(path, f"is of run {index['run']}, expected {run_id}")
    return index


def read_whole(
    path: Path, run: Mapping[str, Any], wanted: Iterable[CalibratedMetric]
) -> dict[str, Any]:
    """The index of a run's calibrations by the run's record; ArtifactError unless it is of the
    codes that the record seals, and has all rows of every network and calibration that is wanted.
    """
    index = read_index(path, run["id"])
    if why := lacks(index, run, wanted):
        raise _unfinished(path, why)
    return index


def lacks(
    index: Mapping[str, Any], run: Mapping[str, Any], wanted: Iterable[CalibratedMetric]
) -> str:
    """Say why an index is not all that is wanted of its run's calibrations; empty if it is."""
    found: dict[tuple[str, _About], set[tuple[str, str]]] = {}
    for row in index["rows"]:
        found.setdefault((row["network"], _about(row)), set()).add((row["transform"], row["key"]))
    summary = Summary(index["run"], index["codes_sha256"], {k: len(v) for k, v in found.items()})
    for (network, about), rows in found.items():
        if lacking := _lacking(rows, about[0]):
            return f"lacks {about[0] or 'codes'} of network {network}, by {about[2]}: {lacking}"
    return summary_lacks(summary, run, wanted)


def summary_lacks(
    summary: Summary, run: Mapping[str, Any], wanted: Iterable[CalibratedMetric]
) -> str:
    """Say why, by its summary, an index is not all that is wanted; empty if nothing lacks."""
    if summary.codes_sha256 != run["files"]["codes.h5"]["sha256"]:
        return "holds calibrations of other codes than the run has now"
    asked = [(metric.settings_id, metric.seed, identify(how)) for metric, how in wanted]
    asked += [about for _, about in summary.counts if about != OF_CODES]
    for network in (one["network"] for one in run["result"]["networks"]):
        counts = {about: summary.counts.get((network, about), 0) for about in asked}
        for about, count in counts.items():
            if count not in _expected(about[0]):
                return f"lacks {about[0]} of network {network}, by {about[2]}: has {count} rows"
        calibrated = any(count == _expected(about[0])[1] for about, count in counts.items())
        if calibrated and summary.counts.get((network, OF_CODES)) != len(SPECTRUM):
            return f"lacks what the codes of network {network} are like"
    return "" if asked else "holds no row"


def _expected(settings: str) -> tuple[int, int]:
    """The number of rows of a network that is lost to a metric, and of one that is not."""
    keys = len(_keys(settings))
    return keys, keys * (len(TRANSFORMS) + len(SAID))


def _keys(settings: str) -> Sequence[str]:
    return discover.constant("mtdis.metrics", settings.partition("+")[0], "KEYS") or ()


def _lacking(rows: set[tuple[str, str]], settings: str) -> str:
    """The first row that lacks of a network's calibration, whose rows are these, or of what its
    codes are like if there are no settings; empty if none.
    """
    keys = _keys(settings)
    if settings and rows == {("none", f"{key}.{LOST}") for key in keys}:
        return ""
    wanted = _rows_of(keys) if settings else (("none", key) for key in SPECTRUM)
    return next((f"{key} ({by})" for by, key in wanted if (by, key) not in rows), "")


def _rows_of(keys: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Transform and key of each row of a network that was calibrated."""
    for key in keys:
        yield from ((transform, key) for transform in TRANSFORMS)
        yield from (("none", f"{key}.{what}") for what in SAID)


def _unfinished(path: Path, why: str) -> ArtifactError:
    return ArtifactError(
        f"{path} {why}. Delete it and run snakemake: only what lacks is calibrated."
    )
