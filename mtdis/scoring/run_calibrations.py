"""Calibrated scores of a run: every calibration on the codes of every network, each kept in a file
of its own.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from mtdis.artifacts import runs
from mtdis.artifacts.calibrations import (
    CALIBRATED,
    LOST,
    TRANSFORMS,
    place,
    read_calibration,
    write_calibration,
)
from mtdis.scoring import run_scores
from mtdis.scoring.calibration import Transforms, calibrate_transforms, stream, transform
from mtdis.specs.calibration import CalibratedMetric
from mtdis.specs.ids import identify
from mtdis.specs.metric import Metric
from mtdis.specs.nulls import summarise


class Arrays(run_scores.Arrays):
    """Codes and factors of a run, and the transforms of the network whose codes are in memory."""

    _transformed: tuple[str, Transforms] | None = None

    def transforms(self, network: str) -> Transforms:
        """The transforms of a network's codes; made again when it is another one than before."""
        if self._transformed is None or self._transformed[0] != network:
            self._transformed = (network, transform(self.codes(network), self.factors))
        return self._transformed[1]


@dataclass(frozen=True)
class Job:
    """The calibrated score of one network by one metric, and the file that keeps it."""

    run_id: str
    network: str
    wanted: CalibratedMetric
    codes_sha256: str
    target: Path

    @property
    def metric(self) -> Metric:
        """The metric with its settings."""
        return self.wanted.metric

    def compute(self, arrays: Arrays) -> None:
        """Calibrate the network's score and store the values under all draws."""
        calibration, tables = self.wanted.calibration, arrays.transforms(self.network)
        draws = stream(calibration.seed, self.run_id, self.network)
        found = calibrate_transforms(self.metric, tables, arrays.factors, calibration, draws)
        spectrum = asdict(found.spectrum) | {"live": len(found.spectrum.live)}
        spectrum |= {f"linear_r2_{name}": value for name, value in asdict(found.linear_r2).items()}
        write_calibration(
            self.target, self.network, self.wanted, self.codes_sha256, spectrum, found.values
        )

    def stored(self) -> dict[str, Any] | None:
        """What is on disk of it, if it is of these codes and settings."""
        return read_calibration(self.target, self.network, self.wanted, self.codes_sha256)


def jobs(
    record: Path,
    run_id: str,
    wanted: Sequence[CalibratedMetric],
    networks: Sequence[str],
    folder: Path,
) -> list[Job]:
    """Jobs of all calibrations on all networks of a run; its codes are checked against their
    record.
    """
    seal = runs.verify_codes(record)
    return [
        Job(run_id, network, pair, seal, place(folder, pair, network))
        for pair in wanted
        for network in networks
    ]


def missing(wanted: Sequence[Job]) -> list[Job]:
    """The jobs whose values are not on disk yet, or are of other codes or settings."""
    return [job for job in wanted if job.stored() is None]


def rows(job: Job, diverged: bool, error: str) -> list[dict[str, Any]]:
    """The index rows of a job: the score of each transform of the codes, and for each key what its
    nulls say of it, one without a value if the network diverged or the metric failed.
    """
    name = job.metric.name()
    about = {
        "network": job.network,
        "transform": "none",
        "draw": 0,
        "metric": f"{name}{CALIBRATED}",
        "metric_seed": job.metric.seed,
        "settings": job.metric.settings_id,
        "calibration": identify(job.wanted.calibration),
        "diverged": diverged,
        "error": error,
    }
    stored = None if diverged or error else job.stored()
    if stored is None:
        keys = import_module(f"mtdis.metrics.{name}").KEYS
        return [about | {"key": f"{key}.{LOST}", "value": None} for key in keys]
    found = []
    for key, values in stored["values"].items():
        found += [
            about | {"metric": name, "transform": t, "key": key, "value": values[t]}
            for t in TRANSFORMS
        ]
        said = summarise(values, job.metric.best(key), job.wanted.calibration.stop_after)
        found += [about | {"key": f"{key}.{what}", "value": value} for what, value in said.items()]
    return found


def spectrum_rows(job: Job) -> list[dict[str, Any]]:
    """The index rows of what a network's codes are like: rank, effective rank and others, the same
    for all metrics.
    """
    stored = job.stored()
    about = {
        "network": job.network,
        "transform": "none",
        "draw": 0,
        "metric": "codes",
        "metric_seed": 0,
        "settings": "",
        "calibration": "",
        "diverged": False,
        "error": "",
    }
    spectrum = stored["spectrum"] if stored else {}
    return [about | {"key": key, "value": value} for key, value in spectrum.items()]
