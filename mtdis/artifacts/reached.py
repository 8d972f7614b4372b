"""Reads how far a training is: a small file beside its history, there until the run is finished.

Read without numpy or h5py: the user's commands answer at once. Neither file is a result before a
record seals the history.
"""

import csv
import os
from dataclasses import dataclass
from pathlib import Path
from stat import S_ISREG

from pydantic import FiniteFloat, NonNegativeInt, TypeAdapter, ValidationError

from mtdis.artifacts.records import PROGRESS

HISTORY = "history.csv"
COLUMNS = ("network", "epoch", "train_loss")
"""Columns of a history: the mean loss of a network over the steps of an epoch, from 1."""
MAX_PROGRESS, MAX_HISTORY = 2**16, 2**28
"""Bytes; what is longer is neither."""


@dataclass(frozen=True)
class Reached:
    """How far a training is."""

    epoch: NonNegativeInt
    """Epochs that have ended."""
    epochs: NonNegativeInt
    loss: FiniteFloat | None
    """Of the last epoch, the mean over the networks that it left finite; None if there is none."""
    networks: NonNegativeInt
    """Networks that still train."""
    images_per_second: FiniteFloat | None
    """Counted once for each network that saw one; None before it was measured."""
    ends: FiniteFloat | None
    """Expected end of the last epoch, in seconds since 1970."""


def read_reached(record: Path) -> Reached | None:
    """How far the training of the run or stage is that this record will seal; None if nothing, or
    nothing sound, says so.
    """
    try:
        text = _read(record.with_name(PROGRESS), MAX_PROGRESS)
        return TypeAdapter(Reached).validate_json(text)
    except (OSError, ValidationError):
        return None


def _read(path: Path, most: int) -> bytes:
    """The bytes of a regular file; a pipe would be waited for."""
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb") as stream:
        about = os.fstat(stream.fileno())
        if not S_ISREG(about.st_mode) or about.st_size > most:
            raise OSError(f"no regular file of at most {most} bytes")
        return stream.read()


def losses_so_far(record: Path) -> dict[str, dict[str, float | None]]:
    """The losses of each network at its first and its last epoch by the history beside a record
    that is not there yet, and that epoch; empty if there is no sound history.
    """
    found: dict[str, dict[str, float | None]] = {}
    try:
        text = _read(record.with_name(HISTORY), MAX_HISTORY)
        for row in csv.DictReader(text.decode().splitlines()):
            loss = float(row["train_loss"]) if row["train_loss"] else None
            of_network = found.setdefault(row["network"], {"first": loss})
            of_network |= {"last": loss, "epoch": int(row["epoch"])}
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    return found
