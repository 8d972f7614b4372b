"""The states of jobs whose results are not there: running, queued, stopped half-way, failed.

Snakemake keeps a marker for each output of a job that it has started or handed to SLURM, in
.snakemake/incomplete (its name is the output's path in base64, its content the SLURM job's number),
and removes it when the job ends, well or not. A training or stage holds a lock (`artifacts.locks`),
which proves that it runs where the file system has locks. A driver that was killed leaves its
markers, so a marker alone proves nothing: with a SLURM number the queue is asked, and without one
the job must have given a sign of life (marker, log, checkpoint) within FRESH seconds. A log without
marker, lock and result is a failed job. With `snakemake --persistence-backend db` there are no
markers, and what runs is shown as failed or missing.
"""

import json
import time
from base64 import urlsafe_b64decode
from binascii import Error as NotBase64
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from mtdis import paths
from mtdis.artifacts.locks import is_free
from mtdis.artifacts.records import CHECKPOINT
from mtdis.operations.programs import answer
from mtdis.specs.ids import AFTER_PARENT

RUNNING, QUEUED, STOPPED, FAILED, MISSING = "running", "queued", "stopped", "failed", "missing"
FRESH = 900.0
"""Three times the default time between checkpoints: a training that lives has written something
since.
"""
MARKERS = ".snakemake/incomplete"
TAIL = 4096
BEGINNINGS = ("training ", "computing ", "epoch ")
"""How the lines of a log begin that say what is under way."""


@dataclass(frozen=True)
class Marker:
    """Snakemake's note of a job that it started: the SLURM number or nothing, and when."""

    slurm: str
    written: float


@dataclass(frozen=True)
class Job:
    """The files that tell how a job stands."""

    output: str
    log: str
    benchmark: str
    checkpoint: str = ""


@dataclass(frozen=True)
class State:
    """The state of a job without result: running, queued, stopped (begun, without a sign of life),
    failed or missing.
    """

    name: str
    last_line: str = ""
    """Of the log, if it failed."""


def job_states(jobs: Mapping[str, Job], folder: Path) -> dict[str, State]:
    """The state of each job, none of which has its result."""
    marked = markers(folder)
    wanted = {job.output for job in jobs.values()}
    numbers = {m.slurm for output, m in marked.items() if m.slurm and output in wanted}
    queue = in_queue(numbers) if numbers else {}
    now = time.time()
    return {
        name: _state(job, marked.get(job.output), queue, folder, now) for name, job in jobs.items()
    }


def state_of(some_id: str, folder: Path) -> State:
    """The state of the run or stage of an id, whose result is not there."""
    return job_states({some_id: job_of(some_id)}, folder)[some_id]


def job_of(some_id: str) -> Job:
    """The files that tell how a run or stage stands."""
    staged = AFTER_PARENT in some_id
    rule, output = ("stages", paths.stage) if staged else ("train", paths.run)
    return Job(
        output(some_id),
        paths.log(rule, some_id),
        paths.benchmark(rule, some_id),
        str(Path(output(some_id)).with_name(CHECKPOINT)),
    )


def markers(folder: Path) -> dict[str, Marker]:
    """Snakemake's markers by the path of the output."""
    found, root = {}, folder / MARKERS
    for path in root.rglob("*") if root.is_dir() else ():
        try:
            name = "".join(part.removeprefix("@") for part in path.relative_to(root).parts)
            content = json.loads(path.read_text(encoding="utf-8"))
            marker = Marker(str(content["external_jobid"] or ""), path.stat().st_mtime)
            found[urlsafe_b64decode(name).decode()] = marker
        except (OSError, ValueError, NotBase64, KeyError, TypeError):
            continue  # a folder of a long name, or one that was removed while we looked
    return found


def in_queue(numbers: Collection[str]) -> dict[str, str] | None:
    """The states of the jobs in SLURM's queue, by number; None if it can't be asked."""
    found = answer("squeue", "--noheader", "--format=%A %T", f"--jobs={','.join(sorted(numbers))}")
    if found is None or (
        found.returncode and "Invalid job id" not in found.stderr
    ):  # else all of them are long gone
        return None
    pairs = (line.split() for line in found.stdout.splitlines())
    return {pair[0]: pair[1] for pair in pairs if len(pair) == 2}


def _state(
    job: Job, marker: Marker | None, queue: Mapping[str, str] | None, folder: Path, now: float
) -> State:
    if not is_free(folder / job.output):
        return State(RUNNING)
    log = _time(folder / job.log)
    checkpoint = _time(folder / job.checkpoint) if job.checkpoint else 0.0
    if marker is None and log:
        # Snakemake writes the benchmark of a job that ended well: its result was taken away since.
        gone = _time(folder / job.benchmark) >= log
        return State(MISSING) if gone else State(FAILED, last_words(folder / job.log))
    if marker and marker.slurm and queue is not None and marker.slurm in queue:
        return State(QUEUED if queue[marker.slurm] == "PENDING" else RUNNING)
    newest = max(log, checkpoint, marker.written if marker else 0.0)
    if not newest:
        return State(MISSING)
    return State(RUNNING if now - newest < FRESH else STOPPED)


def _time(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def last_words(log: Path) -> str:
    """The last line of a failed job's log; if that only says what was begun, with the remark that
    the job was killed.
    """
    line = last_line(log)
    return (
        f"{line} … and nothing after that: it was killed"
        if line.startswith(BEGINNINGS) or not line
        else line
    )


def last_line(log: Path) -> str:
    """The last line of a log that says something; empty if there is none."""
    try:
        with log.open("rb") as stream:
            stream.seek(max(0, log.stat().st_size - TAIL))
            lines = stream.read().decode("utf-8", "replace").splitlines()
    except OSError:
        return ""
    return next((line.strip() for line in reversed(lines) if line.strip()), "")
