"""Many trainings in one process: read from a file, the finished skipped, the failed named, none
harming another.

A job file is JSON lines, one mapping per run; `targets` is left out for kinds without tasks:

    {"spec": {"kind": "one_head", ...}, "dataset": "d.json", "targets": "t.json", "out":
    "a/run.json"}
"""

import json
import os
import sys
import traceback
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any, Generic, TypeVar

import torch

from mtdis.artifacts import records
from mtdis.errors import ConfigError, UserError, unknown
from mtdis.specs.ids import identify
from mtdis.specs.run import Run
from mtdis.training import interrupts

KEYS = ("spec", "dataset", "targets", "out")
MOST_TOGETHER = 32
"""Runs that train at once at most: as many as PyTorch has streams of one priority."""


@dataclass(frozen=True)
class Job:
    """A run to train: its spec, the records it reads, and the record it writes."""

    spec: Run
    dataset: Path
    targets: Path | None
    out: Path


Train = Callable[[Job], None]
Failures = list[tuple[Job, str]]
T = TypeVar("T")


class Lazy(Generic[T]):
    """A value that is made when it is first asked for, by one thread while others wait."""

    def __init__(self, make: Callable[[], T]) -> None:
        self.make, self.lock = make, Lock()
        self.made: list[T] = []

    def __call__(self) -> T:
        """Return the value, made by the first call."""
        with self.lock:
            if not self.made:
                self.made.append(self.make())
            return self.made[0]


def read_jobs(path: Path, links: bool = True) -> list[Job]:
    """The jobs of a file, in order; without `links`, not of one that a link leads to.

    ConfigError names a line that is no job, or that writes the record of another.
    """
    flags = os.O_RDONLY | (0 if links else os.O_NOFOLLOW)
    try:
        with os.fdopen(os.open(path, flags), encoding="utf-8") as file:
            lines = file.read().splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(
            f"the job file {path} can't be read: {error}; name a file of JSON lines."
        ) from None
    jobs = [
        _job(line, f"{path}, line {number}") for number, line in enumerate(lines, 1) if line.strip()
    ]
    if twice := [str(out) for out, count in Counter(job.out for job in jobs).items() if count > 1]:
        raise ConfigError(f"{path}: two jobs write {min(twice)}; give each an 'out' of its own.")
    return jobs


def _job(line: str, where: str) -> Job:
    try:
        fields: Any = json.loads(line)
    except json.JSONDecodeError as error:
        raise ConfigError(f"{where}: not JSON ({error}).") from None
    if not isinstance(fields, dict) or not {"spec", "dataset", "out"} <= set(fields):
        raise ConfigError(
            f'{where}: a mapping with "spec", "dataset", "out" (and "targets") is needed; found'
            f" {line!r}."
        )
    if extra := sorted(set(fields) - set(KEYS)):
        raise ConfigError(f"{where}: {unknown('key', extra[0], KEYS)}")
    try:
        spec = Run.from_fields(fields["spec"])
    except ConfigError as error:
        raise ConfigError(f"{where}: {error}") from None
    targets = Path(fields["targets"]) if fields.get("targets") else None
    return Job(spec, Path(fields["dataset"]), targets, Path(fields["out"]))


def train_all(jobs: Sequence[Job], trainer: Callable[[Path], Train], together: int) -> int:
    """Train the unfinished runs as `train_each` does; exit status 1 if any failed, else 0."""
    return int(bool(train_each(jobs, trainer, together)))


def train_each(jobs: Sequence[Job], trainer: Callable[[Path], Train], together: int) -> Failures:
    """Train the unfinished runs, dataset by dataset, up to `together` at once; the failures.

    `trainer` gives what trains the runs of one dataset, and may hold that dataset. A run that finds
    no memory beside others is trained again by itself.
    """
    failures: Failures = []
    for dataset, of_dataset in _grouped(jobs, lambda job: job.dataset):
        train = trainer(dataset)
        for _, alike in _grouped(of_dataset, setting):
            failures += _train_alike(alike, train, together)
    if failures:
        print(f"{len(failures)} of {len(jobs)} runs failed:", file=sys.stderr)
    for job, reason in failures:
        print(f"  {identify(job.spec)}: {reason}", file=sys.stderr)
    return failures


def _grouped(
    jobs: Iterable[Job], key: Callable[[Job], Hashable]
) -> Iterator[tuple[Any, list[Job]]]:
    groups: dict[Hashable, list[Job]] = {}
    for job in jobs:
        groups.setdefault(key(job), []).append(job)
    yield from groups.items()


def setting(job: Job) -> Hashable:
    """The settings of a run that hold for a whole process: others can't train at the same time."""
    return job.spec.torch_threads, getattr(job.spec, "precision", None) == "fp32"


def _train_alike(jobs: Sequence[Job], train: Train, together: int) -> Failures:
    if together == 1 or len(jobs) == 1:
        return [failure for job in jobs if (failure := _attempt(job, train))]
    crowded: list[Job] = []

    def beside_others(job: Job) -> tuple[Job, str] | None:
        try:
            return _attempt(job, train, no_memory=torch.OutOfMemoryError)
        except torch.OutOfMemoryError:
            crowded.append(job)
            return None

    failures = [failure for failure in _in_threads(beside_others, jobs, together) if failure]
    return failures + _train_alike(crowded, train, together=1)


def _in_threads(work: Callable[[Job], T], jobs: Sequence[Job], count: int) -> list[T]:
    pool = ThreadPoolExecutor(min(count, MOST_TOGETHER), initializer=_take_stream)
    try:
        return list(pool.map(work, jobs))
    finally:
        # interrupted, those under way save and end, or `interrupts` ends the process
        pool.shutdown(cancel_futures=True)


def _take_stream() -> None:
    """Give this thread a stream of the GPU, so that its work runs beside that of others.

    Once, not for each run: PyTorch deals out 32 in turn, so that a run that lasts would share its
    with a later one.
    """
    if torch.cuda.is_available():
        torch.cuda.set_stream(torch.cuda.Stream())  # type: ignore[no-untyped-call]


def _attempt(
    job: Job, train: Train, no_memory: type[Exception] | tuple[()] = ()
) -> tuple[Job, str] | None:
    """Train a run unless it is finished; the job and the reason if that fails.

    Exceptions of the types in `no_memory` are raised.
    """
    interrupts.end_if_asked()
    try:
        if job.out.exists():
            records.read_record(job.out, job.spec, "mtdis train")
            print(f"finished: {identify(job.spec)}", file=sys.stderr)
        else:
            train(job)
    except no_memory:
        raise
    except UserError as error:
        return job, str(error)
    except Exception as error:  # whatever is wrong with one run, the others are trained
        traceback.print_exc()
        return job, f"{type(error).__name__}: {error}"
    return None
