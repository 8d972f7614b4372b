"""Ctrl-C and SIGTERM (a scheduler's time limit): trainings save a checkpoint first, within seconds,
then the command ends.
"""

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from mtdis.errors import Interrupted

SECONDS = 10.0
"""Time to save what is under way: SLURM kills 30 seconds (KillWait) after it has asked."""
SIGNALS = (signal.SIGINT, signal.SIGTERM)


class _State:
    """Signals are a process's own, and so is this."""

    asked: int | None = None
    """The signal that asked the process to end."""
    savers = 0
    """Trainings under way, in any thread."""
    lock = threading.Lock()


@contextmanager
def handled() -> Iterator[None]:
    """Let SIGINT and SIGTERM raise Interrupted in the block: at once, or where trainings that
    `saving` marks have saved. After SECONDS the process ends whatever it does.
    """
    timers: list[threading.Timer] = []

    def handle(number: int, _: FrameType | None) -> None:
        if _State.asked is not None:  # a second one does not cut short what is saved
            return
        _State.asked = number
        timers.append(threading.Timer(SECONDS, _leave, (number,)))
        timers[0].daemon = True
        timers[0].start()
        if not _State.savers:
            raise Interrupted(number)

    before = {number: signal.signal(number, handle) for number in SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        for timer in timers:
            timer.cancel()
        _State.asked = None


@contextmanager
def saving() -> Iterator[None]:
    """Mark a training that asks `asked` often, saves when it is true, and calls `end_if_asked`."""
    with _State.lock:
        _State.savers += 1
    try:
        yield
    finally:
        with _State.lock:
            _State.savers -= 1
    end_if_asked()


def asked() -> bool:
    """True if a signal has asked this process to end."""
    return _State.asked is not None


def end_if_asked() -> None:
    """Raise Interrupted if a signal has asked this process to end."""
    if _State.asked is not None:
        raise Interrupted(_State.asked)


def _leave(number: int) -> None:
    error = Interrupted(number)
    print(f"mtdis: {error} (not all was saved within {SECONDS:g} s)", file=sys.stderr, flush=True)
    os._exit(error.status)
