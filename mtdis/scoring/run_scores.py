"""Scores of a run: every metric on the codes of every network, each kept in a file of its own."""

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from mtdis.artifacts import datasets, runs
from mtdis.artifacts.scores import Key, read_score, write_score
from mtdis.errors import ArtifactError
from mtdis.metrics import FactorTable, factor_table
from mtdis.progress import progress_bar
from mtdis.specs import cautions
from mtdis.specs.ids import identify
from mtdis.specs.metric import Metric

A = TypeVar("A", bound="Arrays", contravariant=True)


class Work(Protocol[A]):
    """What is computed from the codes of one network by one metric, and the file that keeps it."""

    @property
    def network(self) -> str:
        """The network whose codes are read."""

    @property
    def metric(self) -> Metric:
        """The metric with its settings."""

    @property
    def target(self) -> Path:
        """The file."""

    def compute(self, arrays: A) -> None:
        """Compute it and write the file."""


@dataclass(frozen=True)
class Job:
    """One metric on one network of a run, and the file that keeps its values."""

    score: Key
    target: Path

    @property
    def network(self) -> str:
        """The network whose codes are scored."""
        return self.score.network

    @property
    def metric(self) -> Metric:
        """The metric with its settings."""
        return self.score.metric

    def compute(self, arrays: "Arrays") -> None:
        """Score the network and store the values."""
        values = score_codes(self.metric, arrays.codes(self.network), arrays.factors)
        write_score(self.target, self.score, values)


class Arrays:
    """Codes and factors of a run, by the records of the run and of its dataset.

    The factors are read, hashed and indexed once. The codes of a network are read when it is
    another one than before, so that those of one are in memory.
    """

    def __init__(self, record: Path, dataset: Path) -> None:
        self._record, self._dataset = record, dataset
        self._network, self._codes = "", np.empty((0, 0), np.float32)
        self.constant: dict[str, bool] = {}
        """Of each network whose codes were read, whether they are the same for all images."""

    @cached_property
    def factors(self) -> FactorTable:
        """The factors of the images that the run has codes of; ArtifactError if none varies."""
        classes = datasets.read_dataset(self._dataset, "factors")
        try:
            return factor_table(classes[runs.read_rows(self._record)])
        except ValueError as error:
            raise ArtifactError(
                f"{self._dataset}, images of {self._record}: {error}. Keep more classes or codes."
            ) from None

    def codes(self, network: str) -> NDArray[np.float32]:
        """Codes (n, d) of a network."""
        if network != self._network:
            self._codes, _ = runs.read_codes(self._record, network)
            self._network = network
            self.constant[network] = are_constant(self._codes)
        return self._codes

    def is_constant(self, network: str) -> bool:
        """Return whether a network's codes are the same for all images; read if need be."""
        if network not in self.constant:
            self.codes(network)
        return self.constant[network]


def score_codes(metric: Metric, codes: Any, factors: Any) -> dict[str, float]:
    """The metric's values for codes (N, d) and factors (N, K), or the table made of them."""
    module = import_module(f"mtdis.metrics.{metric.name()}")
    scores: dict[str, float] = module.score(codes, factors, metric)
    return scores


def notes(
    metric: Metric, factors: FactorTable, names: Sequence[str], *, constant: bool
) -> list[str]:
    """Cautions on the values of a metric: on too few rows, factors with single images, and codes
    that are constant.

    `names` are those of all factors, the ones with one class included.
    """
    varying = [name for column, name in enumerate(names) if column not in factors.dropped]
    counts = [np.bincount(column) for column in factors.classes.T]
    alone = [n for n, count in zip(varying, counts, strict=True) if np.median(count) == 1]
    found = [
        cautions.few_rows(metric, len(factors.classes)),
        cautions.single_images(alone),
        cautions.CONSTANT_CODES if constant else "",
    ]
    return list(filter(None, found))


def are_constant(codes: Any) -> bool:
    """Return whether the codes (N, d) of all images are the same."""
    return bool((codes == codes[:1]).all())


def jobs(
    record: Path, metrics: Sequence[Metric], networks: Sequence[str], folder: Path
) -> list[Job]:
    """Jobs of all metrics on all networks of a run; its codes are checked against their record."""
    seal = runs.verify_codes(record)
    return [
        Job(Key(network, metric, seal), folder / identify(metric) / f"{network}.json")
        for metric in metrics
        for network in networks
    ]


def missing(wanted: Sequence[Job]) -> list[Job]:
    """The jobs whose score is not on disk yet, or belongs to other codes or settings."""
    return [job for job in wanted if read_score(job.target, job.score) is None]


def compute_all(wanted: Sequence[Work[A]], arrays: A, workers: int) -> dict[Path, str]:
    """Compute jobs side by side; the reasons of those that failed, by target.

    No failure stops the others.
    """
    failed = {}
    with progress_bar(len(wanted), "scored", "scores") as bar:
        for job, error in _outcomes(wanted, arrays, workers):
            name = f"{identify(job.metric)} of {job.network}"
            bar.write(f"{name}: {error or 'done'}", sys.stderr)  # above the bar, if there is one
            sys.stderr.flush()
            bar.update()
            if error:
                failed[job.target] = error
    return failed


def _outcomes(wanted: Sequence[Work[A]], arrays: A, workers: int) -> Iterator[tuple[Work[A], str]]:
    # Network by network, so that each process reads the codes of a network once.
    ordered = sorted(wanted, key=lambda job: job.network)
    if min(workers, len(ordered)) <= 1:
        yield from ((job, _attempt(job, arrays)) for job in ordered)
        return
    # Workers start afresh with one thread each: forked ones would inherit the state of thread
    # pools. They are handed the factors, which are read here.
    os.environ.update(
        dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    )
    _ = arrays.factors
    with ProcessPoolExecutor(
        min(workers, len(ordered)), get_context("spawn"), _start_worker, (arrays,)
    ) as pool:
        running = {pool.submit(_work, job): job for job in ordered}
        for done in as_completed(running):
            error, constant = done.result()
            arrays.constant.update(constant)
            yield running[done], error


_handed: list[Any] = []
"""What a worker was handed when it started."""


def _start_worker(arrays: Arrays) -> None:
    _handed.append(arrays)


def _work(job: Work[Any]) -> tuple[str, dict[str, bool]]:
    return _attempt(job, _handed[0]), _handed[0].constant


def _attempt(job: Work[A], arrays: A) -> str:
    """Compute one job; the reason if that fails, else empty.

    A full disk is no failure of the metric: it ends the whole command.
    """
    try:
        job.compute(arrays)
    except ArtifactError:
        raise
    except (
        Exception
    ) as error:  # whatever a metric raises becomes a row of the index, never the loss of the others
        return f"{type(error).__name__}: {error}"
    return ""


def rows(job: Job, diverged: bool, error: str, note: str = "") -> list[dict[str, Any]]:
    """The index rows of a job, one per key, without values if it diverged or the metric failed.

    A note, of cautions joined by commas, is in them if there is one.
    """
    about = {
        "network": job.network,
        "transform": "none",
        "draw": 0,
        "metric": job.metric.name(),
        "metric_seed": job.metric.seed,
        "settings": job.metric.settings_id,
        "diverged": diverged,
        "error": error,
    }
    if note and not (diverged or error):
        about["note"] = note
    values: Mapping[str, float | None] = (
        {} if diverged or error else read_score(job.target, job.score) or {}
    )
    if not values:
        keys = import_module(f"mtdis.metrics.{job.metric.name()}").KEYS
        values = dict.fromkeys(keys)
    return [about | {"key": key, "value": value} for key, value in values.items()]
