"""Event files: what TensorBoard reads of a training, also of one that was killed and resumed."""

import struct
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from helpers.small_study import spec_of, train
from helpers.training_runs import kill_at

from mtdis import paths
from mtdis.specs.ids import identify
from mtdis.specs.run import Run
from mtdis.training import run
from mtdis.training.tensorboard import VARIABLE

STEPS = 4
SPEC = spec_of("single_task", epochs=3)


def records_of(path: Path) -> Iterator[bytes]:
    """The records of a TFRecord file: length, its checksum, bytes, their checksum."""
    content = path.read_bytes()
    while content:
        (length,) = struct.unpack("<Q", content[:8])
        yield content[12 : 12 + length]
        content = content[16 + length :]


def points() -> list[tuple[str, int, float]]:
    """Tag, step and value of each point that TensorBoard shows of the run: at a start, points of
    that step and later ones are dropped.
    """
    from tensorboardX.proto import event_pb2

    found: list[tuple[str, int, float]] = []
    folder = Path(paths.events(identify(Run.from_fields(SPEC))))
    for path in sorted(folder.iterdir(), key=lambda path: path.stat().st_mtime_ns):
        for record in records_of(path):
            event = event_pb2.Event.FromString(record)
            if event.session_log.status == event_pb2.SessionLog.START:
                found = [point for point in found if point[1] < event.step]
            found += [(v.tag, event.step, v.simple_value) for v in event.summary.value]
    return found


def history(record: Path) -> list[tuple[str, int, float]]:
    rows = [row.split(",") for row in record.with_name("history.csv").read_text().split()[1:]]
    return [(f"train_loss/{network}", int(epoch), float(loss)) for network, epoch, loss in rows]


def losses() -> list[tuple[str, int, Any]]:
    found = [point for point in points() if point[0] != "images_per_second"]
    return [(tag, step, pytest.approx(value)) for tag, step, value in sorted(found, key=by_epoch)]


def by_epoch(point: tuple[str, int, float]) -> tuple[int, str]:
    return point[1], point[0]


@pytest.mark.slow
def test_losses_and_speed_are_there_for_tensorboard(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, "1")
    record = tmp_path / "run.json"
    assert train(data, record, SPEC) == 0
    assert history(record) == losses()
    assert [step for tag, step, _ in points() if tag == "images_per_second"] == [3]


@pytest.mark.slow
def test_a_resumed_training_has_each_point_once(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, "1")
    record = tmp_path / "run.json"
    with monkeypatch.context() as patch:
        for stop in kill_at(2 * STEPS + 1):
            patch.setattr(run, "watch", lambda _, stop=stop: stop)
            assert train(data, record, SPEC) == 130  # without a checkpoint: it begins anew
    assert len(losses()) == 2 * 3
    assert train(data, record, SPEC) == 0
    assert history(record) == losses()
    assert len(list(Path("logs/tensorboard").glob("*/*"))) == 2


@pytest.mark.parametrize("value", ["", "0"])
def test_without_the_variable_there_are_none(
    value: str, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, value)
    monkeypatch.setitem(sys.modules, "tensorboardX.event_file_writer", None)
    assert train(data, tmp_path / "run.json", spec_of("multi_head", epochs=1)) == 0
    assert not Path("logs").exists()


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("1", "MTDIS_TENSORBOARD is 1, but tensorboardX, which writes event files, is not inst"),
        ("yes", "MTDIS_TENSORBOARD is 'yes'; set it to 1, or to 0 for no event files."),
    ],
)
def test_what_is_missing_or_unclear_is_said_before_a_step_is_made(
    value: str,
    message: str,
    data: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv(VARIABLE, value)
    monkeypatch.setitem(sys.modules, "tensorboardX.event_file_writer", None)
    assert train(data, tmp_path / "run.json", spec_of("multi_head")) == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "history.csv").exists()


def test_a_place_that_takes_no_event_files_ends_no_training(
    data: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv(VARIABLE, "1")
    Path("logs").write_text("a file is where the folder would be")
    assert train(data, tmp_path / "run.json", spec_of("multi_head")) == 0
    assert "no event files from here on: " in capsys.readouterr().err
