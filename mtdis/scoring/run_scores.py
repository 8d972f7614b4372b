"""Scores of a run: every metric on the codes of every network, each kept in a file of its own."""

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from importlib import import_module
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from mtdis.artifacts import datasets, runs
from mtdis.artifacts.scores import Key, read_score, write_score
from mtdis.errors import ArtifactError
from mtdis.specs.ids import identify
from mtdis.specs.metric import Metric


@dataclass(frozen=True)
class Job:
    """One metric on one network of a run."""

    record: Path
    dataset: Path
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


def score_codes(metric: Metric, codes: Any, factors: Any) -> dict[str, float]:
    """The metric's values for codes (N, d) and factors (N, K)."""
    module = import_module(f"mtdis.metrics.{metric.name()}")
    scores: dict[str, float] = module.score(codes, factors, metric)
    return scores


def jobs(
    record: Path, dataset: Path, metrics: Sequence[Metric], networks: Sequence[str], folder: Path
) -> list[Job]:
    """All metrics on all networks of a run, after checking its codes against their record."""
    seal = runs.verify_codes(record)
    return [
        Job(
            record,
            dataset,
            Key(network, metric, seal),
            folder / identify(metric) / f"{network}.json",
        )
        for metric in metrics
        for network in networks
    ]


def missing(wanted: Sequence[Job]) -> list[Job]:
    """The jobs whose score is not on disk yet, or belongs to other codes or settings."""
    return [job for job in wanted if read_score(job.target, job.score) is None]


def compute(job: Job) -> None:
    """Score one network by one metric and store the values."""
    codes, rows = runs.read_codes(job.record, job.network)
    factors = datasets.read_dataset(job.dataset, "factors")[rows]
    values = score_codes(job.metric, codes, factors)
    write_score(job.target, job.score, values)


def compute_all(wanted: Sequence[Job], workers: int) -> dict[Path, str]:
    """Compute jobs side by side; what failed, by target, with its reason.

    No failure stops the others.
    """
    failed = {}
    for job, error in _outcomes(wanted, workers):
        name = f"{identify(job.metric)} of {job.network}"
        print(f"{name}: {error or 'done'}", file=sys.stderr, flush=True)
        if error:
            failed[job.target] = error
    return failed


def _outcomes(wanted: Sequence[Job], workers: int) -> Iterator[tuple[Job, str]]:
    if min(workers, len(wanted)) <= 1:
        yield from ((job, _attempt(job)) for job in wanted)
        return
    # Workers start afresh with one thread each: forked ones would inherit the state of thread
    # pools.
    os.environ.update(
        dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    )
    with ProcessPoolExecutor(min(workers, len(wanted)), mp_context=get_context("spawn")) as pool:
        running: dict[Future[str], Job] = {pool.submit(_attempt, job): job for job in wanted}
        yield from ((running[done], done.result()) for done in as_completed(running))


def _attempt(job: Job) -> str:
    """Empty, or why the job failed.

    A full disk is no failure of the metric: it ends the whole command.
    """
    try:
        compute(job)
    except ArtifactError:
        raise
    except (
        Exception
    ) as error:  # whatever a metric raises becomes a row of the index, never the loss of the others
        return f"{type(error).__name__}: {error}"
    return ""


def rows(job: Job, diverged: bool, error: str) -> list[dict[str, Any]]:
    """The index rows of a job: one per value.

    One without value if the network diverged or the metric failed.
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
    values: Mapping[str, float | None] = (
        {} if diverged or error else read_score(job.target, job.score) or {}
    )
    if not values:
        keys = import_module(f"mtdis.metrics.{job.metric.name()}").KEYS
        values = dict.fromkeys(keys)
    return [about | {"key": key, "value": value} for key, value in values.items()]
