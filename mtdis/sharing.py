"""Trainings that share a GPU: a job trains further runs beside its own and leaves their records ready for their jobs.

So each run stays a job, with retries and log of its own, however many are trained at once: the job of a run whose
record is ready ends in seconds, and one whose helper died resumes the checkpoint.
"""

from contextlib import suppress
from pathlib import Path

from mtdis import artifacts
from mtdis.errors import ArtifactError
from mtdis.jobs import Job, read_jobs, setting
from mtdis.run_lock import is_free

READY = "ready.json"
"""Name of a record that waits in a run's folder for the run's own job."""


def ready(record: Path) -> Path:
    """Where the record of a run lies that was trained by another run's job."""
    return record.with_name(READY)


def adopt(job: Job) -> bool:
    """Take over the record that another run's job has left; whether there is a sound one."""
    with suppress(ArtifactError):
        artifacts.read_record(ready(job.out), job.spec, "mtdis train")
        ready(job.out).replace(job.out)
        return True
    return False


def beside(own: Job, queue: Path, count: int) -> list[Job]:
    """Up to `count` runs of a job file that can share a process with this one and that nobody has begun.

    The last ones first: their own jobs start last. Their records are to be left ready.
    """
    found: list[Job] = []
    for job in reversed(read_jobs(queue)):
        if len(found) < count and _suits(job, own):
            found.append(Job(job.spec, job.dataset, job.targets, ready(job.out)))
    return found


def _suits(job: Job, own: Job) -> bool:
    alike = (job.dataset, setting(job), job.spec.needs_gpu) == (own.dataset, setting(own), own.spec.needs_gpu)
    begun = job.out == own.out or job.out.exists() or ready(job.out).exists()
    return alike and not begun and (job.targets is None or job.targets.exists()) and is_free(job.out)
