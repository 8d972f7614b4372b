"""Trainings that share a GPU: a job trains further runs beside its own and leaves their records
ready for their jobs.

So each run stays a job, with retries and log of its own, however many are trained at once: the job
of a run whose record is ready ends in seconds, and one whose helper died resumes the checkpoint.
"""

import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from mtdis.artifacts import records
from mtdis.artifacts.locks import alone_if_free, alone_with, is_free
from mtdis.errors import ArtifactError, UserError
from mtdis.specs.ids import identify
from mtdis.training.gpus import choose_gpu
from mtdis.training.jobs.job_file import Job, Train, read_jobs, setting, train_each

READY = records.READY


def ready(record: Path) -> Path:
    """Path of the record of a run that another run's job has trained."""
    return record.with_name(READY)


def train_with_others(
    own: Job, trainer: Callable[[Path], Train], queue: Path | None, together: int
) -> int:
    """Train a run, and others of the queue beside it; exit status 1 if the run itself failed.

    The failures of the others don't matter. Its own record, too, is left ready until all have
    ended: Snakemake deletes what a killed job has declared.
    """
    others = (
        beside(own, queue, together - 1)
        if queue and together > 1 and not ready(own.out).exists()
        else []
    )
    if not others:
        train_own(own, trainer(own.dataset))
        return 0
    if own.spec.needs_gpu:
        choose_gpu()
    print(f"beside it: {', '.join(identify(job.spec) for job in others)}", file=sys.stderr)
    first, helped = _left_ready(own), {ready(job.out): job for job in others}

    def shared(dataset: Path) -> Train:
        train = trainer(dataset)
        return lambda job: (
            help_with(helped[job.out], train) if job.out in helped else train_ready(own, train)
        )

    failures = train_each([first, *map(_left_ready, others)], shared, together)
    failed = any(job == first for job, _ in failures)
    return int(failed or not (adopt(own) or own.out.exists()))


def train_own(job: Job, train: Train) -> None:
    """Train a run unless another process has.

    A record left ready is taken over; a training under way is waited for.
    """
    with alone_with(job.out) as waited:
        if not adopt(job) and not (waited and job.out.exists()):
            train(job)
            ready(job.out).unlink(missing_ok=True)  # a damaged one


def train_ready(job: Job, train: Train) -> None:
    """Train a run as `train_own` does, but leave its record ready."""
    with alone_with(ready(job.out), job.out) as waited:
        if not is_ready(job) and not (waited and job.out.exists()):
            train(_left_ready(job))


def help_with(job: Job, train: Train) -> None:
    """Train a run for its own job and leave its record ready, unless it is finished or another
    process trains it.
    """
    with alone_if_free(ready(job.out), job.out) as alone:
        # ready first: the run's own job may make the one the other at any time
        if alone and not is_ready(job) and not job.out.exists():
            train(_left_ready(job))
        else:
            print(f"left to its own job: {identify(job.spec)}", file=sys.stderr)


def adopt(job: Job) -> bool:
    """Take over the record that another run's job has left; True if there was a sound one."""
    if is_ready(job):
        with suppress(FileNotFoundError):
            ready(job.out).replace(job.out)
            return True
    return False


def is_ready(job: Job) -> bool:
    """Return whether a sound record of a run has been left ready."""
    with suppress(ArtifactError, OSError):
        records.read_record(ready(job.out), job.spec, "mtdis train")
        return True
    return False


def beside(own: Job, queue: Path, count: int) -> list[Job]:
    """Up to `count` runs of a job file that can share a process with this one and that nobody has
    begun.

    The last ones first: their own jobs start last. An empty list, and a message, if the job file
    can't be read.
    """
    found: list[Job] = []
    try:
        jobs = read_jobs(queue, links=False)
    except UserError as error:
        print(f"trained alone: {error}", file=sys.stderr)
        return found
    for job in reversed(jobs):
        if len(found) < count and _suits(job, own):
            found.append(job)
    return found


def _left_ready(job: Job) -> Job:
    return replace(job, out=ready(job.out))


def _suits(job: Job, own: Job) -> bool:
    alike = (job.dataset, setting(job), job.spec.needs_gpu) == (
        own.dataset,
        setting(own),
        own.spec.needs_gpu,
    )
    of_this_study = job.out.parent.parent == own.out.parent.parent
    begun = job.out == own.out or job.out.exists() or ready(job.out).exists()
    return (
        alike
        and of_this_study
        and not begun
        and (job.targets is None or job.targets.exists())
        and is_free(job.out)
    )
