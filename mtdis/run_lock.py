"""One process per run: what a killed driver left running and what its successor started don't train side by side."""

import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from fcntl import LOCK_EX, LOCK_NB, flock
from pathlib import Path

LOCK = "lock"
"""Name of the lock in a run's folder; it is there while the run is trained, and after a failure."""


def is_free(record: Path) -> bool:
    """Whether no process holds the lock of the run that this record seals."""
    try:
        with record.with_name(LOCK).open("rb") as lock:
            flock(lock, LOCK_EX | LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        pass
    return True


@contextmanager
def alone_with(record: Path) -> Iterator[bool]:
    """Hold the lock of the run that this record seals; whether another process had it, whose end was waited for.

    The lock ends with the process. On a file system that has no locks nobody is waited for.
    """
    path = record.with_name(LOCK)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    except OSError:  # what can't be written is reported, in words, where the results are written
        yield False
        return
    try:
        waited = _take(lock, path)
        yield waited
        if record.exists():
            path.unlink(missing_ok=True)
    finally:
        os.close(lock)


def _take(lock: int, path: Path) -> bool:
    try:
        flock(lock, LOCK_EX | LOCK_NB)
        waited = False
    except BlockingIOError:
        print(f"waiting for {_owner(path)}, which trains this run already (or cancel that one)", file=sys.stderr)
        flock(lock, LOCK_EX)
        waited = True
    except OSError as error:
        print(f"no lock on {path} ({error}): see that no other job trains this run", file=sys.stderr)
        return False
    os.truncate(lock, 0)
    os.write(lock, _myself().encode())
    return waited


def _myself() -> str:
    job = os.environ.get("SLURM_JOB_ID")
    return (f"SLURM job {job}" if job else f"process {os.getpid()}") + f" on {socket.gethostname()}"


def _owner(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8") or "another process"
    except (OSError, UnicodeDecodeError):
        return "another process"
