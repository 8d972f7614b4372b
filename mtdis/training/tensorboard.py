"""Event files for TensorBoard, where MTDIS_TENSORBOARD is 1: losses and speed by epoch.

No results: they lie in logs/, no record seals them, and nothing reads them but TensorBoard.
"""

import os
import sys
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from mtdis import paths
from mtdis.errors import ConfigError
from mtdis.specs.base import Spec
from mtdis.specs.ids import identify

VARIABLE = "MTDIS_TENSORBOARD"


class Events:
    """Event files of the training of a run or stage; without the variable there are none.

    Written by the parts of tensorboardX that its SummaryWriter hands to a thread: an epoch is on
    the disk when it has been told of, also if the process is killed then.
    """

    def __init__(self, spec: Spec) -> None:
        self.folder = Path(paths.events(identify(spec)))
        self.parts = _parts() if _wanted() else None
        self.writer: Any = None

    def begin(self, epoch: int) -> None:
        """Begin a file after so many epochs: TensorBoard drops what earlier files say of later
        ones, so that a resumed training has no point twice.
        """
        if self.parts:
            start = self.parts.SessionLog(status=self.parts.SessionLog.START)
            self._write(epoch + 1, session_log=start)

    def end_epoch(
        self, epoch: int, rows: Iterable[Mapping[str, Any]], images_per_second: float | None
    ) -> None:
        """Add the losses of an epoch, and the speed if it was measured."""
        if not self.parts:
            return
        points = {f"train_loss/{row['network']}": row["train_loss"] for row in rows}
        points["images_per_second"] = images_per_second
        value = self.parts.Summary.Value
        values = [value(tag=k, simple_value=v) for k, v in points.items() if v is not None]
        self._write(epoch, summary=self.parts.Summary(value=values))

    def close(self) -> None:
        """Close the file."""
        if self.writer is not None:
            with suppress(OSError):  # said already
                self.writer.close()

    def _write(self, step: int, **content: Any) -> None:
        """Write an event, the first one into a new file; a disk that takes none ends no
        training.
        """
        assert self.parts is not None
        event = self.parts.Event(step=step, wall_time=time.time(), **content)
        try:
            if self.writer is None:
                self.folder.mkdir(parents=True, exist_ok=True)
                suffix = f".{time.time_ns()}"  # the name itself has the second only
                self.writer = self.parts.EventsWriter(str(self.folder / "events"), suffix)
            self.writer.write_event(event)
            self.writer.flush()
        except OSError as error:
            print(f"no event files from here on: {error}", file=sys.stderr)
            self.parts = None


def _wanted() -> bool:
    """Return whether event files are asked for; ConfigError if the variable says neither."""
    value = os.environ.get(VARIABLE, "")
    if value not in ("", "0", "1"):
        raise ConfigError(f"{VARIABLE} is {value!r}; set it to 1, or to 0 for no event files.")
    return value == "1"


def _parts() -> SimpleNamespace:
    """The parts of tensorboardX that are needed; imported here, as only this option needs them."""
    try:
        from tensorboardX.event_file_writer import EventsWriter
        from tensorboardX.proto.event_pb2 import Event, SessionLog
        from tensorboardX.proto.summary_pb2 import Summary
    except ImportError:
        raise ConfigError(
            f"{VARIABLE} is 1, but tensorboardX, which writes event files, is not installed;"
            " `pip install 'mtdis[tensorboard]'`, or unset the variable."
        ) from None
    return SimpleNamespace(
        EventsWriter=EventsWriter, Event=Event, SessionLog=SessionLog, Summary=Summary
    )
