"""Locks that end with the process that holds them, however it ends: on a run or stage, on a GPU.

flock, not the package `filelock`: that has exclusive locks only, so that two who ask whether a lock
is free (`mtdis status`, `mtdis prune`) would find each other, and who may only read, nobody.
"""

import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from fcntl import LOCK_EX, LOCK_NB, LOCK_SH, flock
from pathlib import Path
from stat import S_ISREG

from mtdis.errors import ArtifactError

OPENED = os.O_NOFOLLOW | os.O_NONBLOCK
"""Flags for every lock: no link is followed, no pipe waited for."""
LOCK = "lock"
"""Name of the lock in the folder of a run or stage; it is there while that is computed, and after a
failure.
"""


def is_free(record: Path) -> bool:
    """Return whether no process holds the lock of the run or stage that this record seals."""
    try:
        lock = os.open(record.with_name(LOCK), os.O_RDONLY | OPENED)
    except OSError:
        return True
    try:
        # shared: an exclusive one needs a writable file on NFS, and would meet other probes
        flock(lock, LOCK_SH | LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return True
    finally:
        os.close(lock)
    return True


@contextmanager
def alone_with(record: Path, *others: Path) -> Iterator[bool]:
    """Hold the lock of the run or stage that these records seal; yield whether another process had
    it and was waited for.

    On a file system that has no locks nobody is waited for.
    """
    path = record.with_name(LOCK)
    with _opened(path) as lock:
        yield lock is not None and _take(lock, path)
        if lock is not None:
            _remove_of_finished(path, record, *others)


@contextmanager
def alone_if_free(record: Path, *others: Path) -> Iterator[bool]:
    """Hold the lock of the run or stage that these records seal unless another process has it;
    yield whether it is held.

    It never is on a file system that has no locks.
    """
    path = record.with_name(LOCK)
    with _opened(path) as lock:
        held = lock is not None and _take_at_once(lock)
        yield held
        if held:
            _remove_of_finished(path, record, *others)


def lock_until_exit(path: Path) -> bool:
    """Take a lock for as long as this process lives, unless another has it; return whether it is
    taken.
    """
    lock = os.open(path, os.O_RDWR | os.O_CREAT | OPENED, 0o600)
    if _take_at_once(lock):
        return True  # never closed
    os.close(lock)
    return False


@contextmanager
def _opened(path: Path) -> Iterator[int | None]:
    """A descriptor of the lock, made if need be.

    None where it can't be written: results can't be, either. Raises ArtifactError if something else
    than a file is at its place: what a link leads to is not the study's.
    """
    lock = None
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = os.open(path, os.O_RDWR | os.O_CREAT | OPENED, 0o666)
    try:
        if os.path.lexists(path) and not S_ISREG(path.lstat().st_mode):
            raise ArtifactError(
                f"{path} is no file: a link, folder or pipe is where a lock is made. Remove it and"
                " run the same command again."
            )
        yield lock
    finally:
        if lock is not None:
            os.close(lock)


def _remove_of_finished(path: Path, *records: Path) -> None:
    if any(record.exists() for record in records):
        path.unlink(missing_ok=True)


def _take(lock: int, path: Path) -> bool:
    """Take the lock, waiting for it; return whether that was needed."""
    try:
        flock(lock, LOCK_EX | LOCK_NB)
        waited = False
    except BlockingIOError:
        print(
            f"waiting for {_owner(path)}, which computes this already (or cancel that one)",
            file=sys.stderr,
        )
        flock(lock, LOCK_EX)
        waited = True
    except OSError as error:
        print(f"no lock on {path} ({error}): see that no other job computes this", file=sys.stderr)
        return False
    _sign(lock)
    return waited


def _take_at_once(lock: int) -> bool:
    """Take the lock if it is free; return whether it is taken."""
    try:
        flock(lock, LOCK_EX | LOCK_NB)
    except OSError:
        return False
    _sign(lock)
    return True


def _sign(lock: int) -> None:
    job = os.environ.get("SLURM_JOB_ID")
    myself = f"SLURM job {job}" if job else f"process {os.getpid()}"
    with suppress(OSError):  # a full disk holds no name, yet the lock holds
        os.truncate(lock, 0)
        os.write(lock, f"{myself} on {socket.gethostname()}".encode())


def _owner(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8") or "another process"
    except (OSError, UnicodeDecodeError):
        return "another process"
