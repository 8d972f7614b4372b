"""The cost of the missing part of a study, judged by what is finished: hours of GPUs and cores, and
disk.

Training takes time in proportion to images × epochs × networks × pixels; the factor is the median
over the finished runs of a kind, on the device that most of them ran on, or a pilot's. A kind of
which nothing is finished is judged by the other trained kinds, and named. Scores take the median
per network, stages the median of their kind.

A run's record holds its wall time. Runs that shared a GPU (`mtdis train --together`) shared that
time, too, and the record does not tell: what is judged by them is given more hours than it will
take.
"""

import csv
import statistics
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mtdis import paths
from mtdis.operations import inventory
from mtdis.operations.inventory import FINISHED, MISSING, STALE, Found
from mtdis.specs.run import FactorRun, Run, TrainedRun
from mtdis.specs.split import row_counts
from mtdis.study import Study

HOUR = 3600.0
SAMPLED = 500
"""Finished score jobs whose times are read at most."""
FLOAT = 4


@dataclass(frozen=True)
class Rate:
    """Seconds per unit of work of a kind of run, on which device, judged by how many runs."""

    seconds: float
    device: str
    runs: int

    @property
    def on_gpu(self) -> bool:
        """Return whether the device is a GPU."""
        return not self.device.startswith("cpu")


def forecast(
    study: Study,
    runs: Mapping[str, Found],
    stages: Mapping[str, Found],
    folder: Path,
    rates: Mapping[str, Rate],
) -> dict[str, Any]:
    """GPU-hours, core-hours and bytes of what is missing or stale, and what each number was judged
    by.

    `rates` are those of pilots, by kind; finished runs come before them.
    """
    rates = {**rates, **measured(study, runs)}
    scored, unknown_scores = _scoring(study, folder)
    staged, unknown_stages = _staging(study, stages)
    lost = [study.runs[i] for i, found in runs.items() if found.standing not in FINISHED]
    trained = [_training(run, rates) for run in lost]
    known = [one for one in trained if one is not None]
    kinds = {run.name() for run in lost}
    unweighed = kinds - set(_weight_bytes(study, runs))
    return {
        "gpu_hours": None if lost and not known else sum(gpu for gpu, _ in known) / HOUR,
        "core_hours": {
            "training": None if lost and not known else sum(core for _, core in known) / HOUR,
            "scores": None if scored is None else scored / HOUR,
            "stages": None if staged is None else staged / HOUR,
        },
        "bytes": disk(study, runs, folder),
        "judged_by": {
            kind: {"seconds_per_unit": r.seconds, "device": r.device, "runs": r.runs}
            for kind, r in rates.items()
        },
        "by_other_kinds": sorted(kinds - set(rates)) if _of_others(rates) else [],
        "unknown": {
            "runs": len(trained) - len(known),
            "scores": unknown_scores,
            "stages": unknown_stages,
            "weights": sum(
                run.name() in unweighed and not isinstance(run, FactorRun) for run in lost
            ),
        },
    }


def work(run: Run) -> float:
    """Units of a run's work: pixels of the images that its networks see while they train, or once
    without training.
    """
    height, width, _ = run.dataset.image_shape
    if isinstance(run, TrainedRun):
        train, _, _ = run.image_counts or row_counts(run.dataset.count)
        rows = train // run.batch_size * run.batch_size
        return float(rows * run.epochs * len(run.networks) * height * width)
    return float(run.dataset.count * len(run.networks) * height * width)


def measured(study: Study, runs: Mapping[str, Found]) -> dict[str, Rate]:
    """The rate of each kind that has finished runs."""
    by_kind: dict[str, list[tuple[str, float]]] = {}
    for run_id, found in runs.items():
        if found.standing in FINISHED and "seconds" in (about := found.record.get("execution", {})):
            run = study.runs[run_id]
            by_kind.setdefault(run.name(), []).append(
                (str(about.get("device", "cpu")), about["seconds"] / work(run))
            )
    return {kind: _usual(pairs) for kind, pairs in by_kind.items()}


def _usual(pairs: list[tuple[str, float]]) -> Rate:
    """The median on the device that most of the runs had."""
    ((device, _),) = Counter(device for device, _ in pairs).most_common(1)
    seconds = [rate for name, rate in pairs if name == device]
    return Rate(statistics.median(seconds), device, len(seconds))


def _training(run: Run, rates: Mapping[str, Rate]) -> tuple[float, float] | None:
    """(GPU-seconds, core-seconds) of a run; None if nothing tells."""
    rate = rates.get(run.name()) or _of_others(rates)
    if rate is None:
        return None
    seconds = rate.seconds * work(run)
    return seconds * (rate.on_gpu and run.needs_gpu), seconds * run.torch_threads


def _of_others(rates: Mapping[str, Rate]) -> Rate | None:
    """The median over the other trained kinds: too much for a kind that only encodes."""
    trained = [rate for kind, rate in rates.items() if issubclass(Run.member(kind), TrainedRun)]
    trained.sort(key=lambda rate: rate.seconds)
    return trained[len(trained) // 2] if trained else None


def _scoring(study: Study, folder: Path) -> tuple[float | None, int]:
    """Core-seconds of the missing score indexes, and how many of them nothing tells about."""
    there = inventory.scores(study, folder, inventory.runs(study, folder)).finished
    wanted = [i for i in study.runs if i not in there] if study.metrics else []
    per_network = [
        seconds / len(study.runs[i].networks)
        for i in [i for i in study.runs if i in there][:SAMPLED]
        if (seconds := _core_seconds(folder / paths.benchmark("scores", i))) is not None
    ]
    if not wanted:
        return 0.0, 0
    if not per_network:
        return None, len(wanted)
    return statistics.median(per_network) * sum(len(study.runs[i].networks) for i in wanted), 0


def _core_seconds(benchmark: Path) -> float | None:
    """The CPU time of a job by Snakemake's benchmark, or its wall time if that is more; None
    without one.
    """
    try:
        with benchmark.open(encoding="utf-8", newline="") as stream:
            rows = list(csv.DictReader(stream, delimiter="\t"))
        return max(float(rows[-1]["s"]), float(rows[-1]["cpu_time"]))
    except (OSError, ValueError, KeyError, IndexError, UnicodeDecodeError):
        return None


def _staging(study: Study, stages: Mapping[str, Found]) -> tuple[float | None, int]:
    """Seconds of the missing stages, None if nothing tells about any, and of how many nothing
    does.
    """
    taken: dict[str, list[float]] = {}
    for stage_id, found in stages.items():
        if found.standing in FINISHED and "seconds" in (about := found.record.get("execution", {})):
            taken.setdefault(study.stages[stage_id].name(), []).append(about["seconds"])
    missing = Counter(
        study.stages[i].name() for i, found in stages.items() if found.standing in (MISSING, STALE)
    )
    known = sum(
        statistics.median(taken[kind]) * count for kind, count in missing.items() if kind in taken
    )
    unknown = sum(count for kind, count in missing.items() if kind not in taken)
    return known if unknown < missing.total() or not missing else None, unknown


def disk(study: Study, runs: Mapping[str, Found], folder: Path) -> dict[str, int]:
    """Bytes that codes, weights, images and targets of what is missing will take.

    Weights are taken to be as large as those of finished runs; those of a kind of which nothing is
    finished are left out, and the forecast counts its runs as unknown.
    """
    lost = [study.runs[i] for i, found in runs.items() if found.standing not in FINISHED]
    weights = _weight_bytes(study, runs)
    return {
        "codes": sum(map(code_bytes, lost)),
        "weights": sum(weights.get(run.name(), 0) * len(run.networks) for run in lost),
        "images": sum(
            image_bytes(d)
            for i, d in study.datasets.items()
            if not (folder / paths.dataset(i)).exists()
        ),
        "targets": sum(
            FLOAT * t.dataset.count * t.tasks.count
            for i, t in study.targets.items()
            if not (folder / paths.targets(i)).exists()
        ),
    }


def _weight_bytes(study: Study, runs: Mapping[str, Found]) -> dict[str, int]:
    """Kind → bytes of a network's weights: the median of the finished runs."""
    sizes: dict[str, list[int]] = {}
    for run_id, found in runs.items():
        held = found.record.get("files", {}).get("weights.safetensors", {}).get("bytes")
        if found.standing in FINISHED and held is not None:
            sizes.setdefault(study.runs[run_id].name(), []).append(
                held // len(study.runs[run_id].networks)
            )
    return {kind: int(statistics.median(each)) for kind, each in sizes.items()}


def code_bytes(run: Run) -> int:
    """Bytes of a run's latent bank: the codes of all networks and the rows that they belong to."""
    rows = run.dataset.count
    kept = {"all": rows, "test": rows // 8, "sample": min(rows, 20_000)}[run.keep_codes]
    return kept * (8 + FLOAT * run.code_count * len(run.networks))


def image_bytes(dataset: Any) -> int:
    """Bytes of a dataset's images."""
    height, width, channels = dataset.image_shape
    return int(dataset.count * height * width * channels)


def unjudged(study: Study, runs: Mapping[str, Found]) -> list[Run]:
    """One missing run of each trained kind of which none is finished, for a pilot to train."""
    judged = set(measured(study, runs))
    lost: Iterable[Run] = (
        study.runs[i] for i, found in runs.items() if found.standing not in FINISHED
    )
    first: dict[str, Run] = {}
    for run in lost:
        if isinstance(run, TrainedRun) and run.name() not in judged:
            first.setdefault(run.name(), run)
    return list(first.values())
