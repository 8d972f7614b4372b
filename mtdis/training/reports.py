"""What a training tells while it lasts: a line in the log, its history, and how far it is.

As epochs end, but the next SECONDS later at the earliest: of very short epochs some are told.
"""

import sys
import threading
import time
from collections.abc import Sequence
from itertools import takewhile
from pathlib import Path
from statistics import fmean
from typing import Any

from mtdis.artifacts.reached import Reached
from mtdis.artifacts.runs import write_reached
from mtdis.errors import ArtifactError
from mtdis.progress import duration
from mtdis.specs.ids import identify
from mtdis.specs.run import TrainedRun
from mtdis.specs.stage import TrainedStage
from mtdis.training.checkpoints import Progress
from mtdis.training.tensorboard import Events

SECONDS = 5.0
"""Between two lines; what is written then, and synced to the disk, takes milliseconds."""
WITHIN_EPOCH = 60.0
"""Seconds after which the expected end is written anew in the middle of a long epoch."""


class Silence:
    """Tells nothing: a trial, a test."""

    def begin(self, progress: Progress) -> None:
        """Tell where a training begins."""

    def within_epoch(self, progress: Progress) -> None:
        """Tell of a step."""

    def end_epoch(self, progress: Progress) -> None:
        """Tell of an epoch."""


SILENT = Silence()


class Report(Silence):
    """Tells how far the training of a run or stage is, whose record will be `record`.

    Speed and expected end are those since it last told.
    """

    def __init__(
        self, spec: TrainedRun | TrainedStage, record: Path, steps: int, networks: Sequence[str]
    ) -> None:
        self.spec, self.record, self.steps, self.networks = spec, record, steps, networks
        # trainings that share a process are threads of it, and share its log
        alone = threading.current_thread() is threading.main_thread()
        self.of_which = "" if alone else f" ({identify(spec)})"
        self.events = Events(spec)
        self.last, self.done = time.monotonic(), 0
        self.speed: float | None = None
        """Steps per second."""

    def begin(self, progress: Progress) -> None:
        """Tell where a training begins: rows that an earlier process wrote after its last
        checkpoint go, they come again.
        """
        self.last, self.done = time.monotonic(), self._steps(progress)
        self._write(progress)
        self.events.begin(progress.epoch)

    def within_epoch(self, progress: Progress) -> None:
        """Tell of a step, if the last time was long ago."""
        if time.monotonic() - self.last >= WITHIN_EPOCH:
            self._measure(progress)
            self._write(progress)

    def end_epoch(self, progress: Progress) -> None:
        """Tell of an epoch: the last one always, others if the last time was not just now."""
        over = progress.epoch == self.spec.epochs or not self._training(progress)
        speed = None
        if over or time.monotonic() - self.last >= SECONDS:
            self._measure(progress)
            reached = self._write(progress)
            speed = reached.images_per_second
            if not sys.stderr.isatty():  # which shows a bar
                print(f"{line(reached)}{self.of_which}", file=sys.stderr, flush=True)
        self.events.end_epoch(progress.epoch, _rows_of(progress), speed)

    def close(self) -> None:
        """Close the event files, if there are some."""
        self.events.close()

    def _training(self, progress: Progress) -> int:
        return len(self.networks) - len(progress.diverged)

    def _steps(self, progress: Progress) -> int:
        return progress.epoch * self.steps + progress.step

    def _measure(self, progress: Progress) -> None:
        now, done = time.monotonic(), self._steps(progress)
        self.speed = (done - self.done) / max(now - self.last, 1e-9)
        self.last, self.done = now, done

    def _write(self, progress: Progress) -> Reached:
        """Write history and progress; a disk that takes neither ends no training."""
        reached = self._reached(progress)
        try:
            write_reached(self.record, reached, progress.history)
        except ArtifactError as error:
            print(error, file=sys.stderr)
        return reached

    def _reached(self, progress: Progress) -> Reached:
        losses = [row["train_loss"] for row in _rows_of(progress)]
        finite = [loss for loss in losses if loss is not None]
        training = self._training(progress)
        left = self.spec.epochs * self.steps - self._steps(progress) if training else 0
        return Reached(
            progress.epoch,
            self.spec.epochs,
            fmean(finite) if finite else None,
            training,
            round(self.speed * self.spec.batch_size * training, 1) if self.speed else None,
            round(time.time() + left / self.speed, 1) if self.speed else None,
        )


def _rows_of(progress: Progress) -> list[dict[str, Any]]:
    """The rows of the last epoch, at the history's end."""
    return list(takewhile(lambda row: row["epoch"] == progress.epoch, reversed(progress.history)))


def line(reached: Reached) -> str:
    """The line of an epoch in the log."""
    several = f", mean of {reached.networks} networks" if reached.networks > 1 else ""
    parts = [
        "diverged" if reached.loss is None else f"loss {reached.loss:.4g}{several}",
        f"{reached.images_per_second or 0:,.0f} images/s",
        f"{duration(max(0.0, (reached.ends or 0) - time.time()))} left",
    ]
    return f"epoch {reached.epoch} of {reached.epochs}: {', '.join(parts)}"
