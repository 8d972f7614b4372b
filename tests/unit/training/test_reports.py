"""What a training tells while it lasts: lines, a history that grows without holes, its progress."""

import csv
import json
import threading
from pathlib import Path
from statistics import fmean
from typing import Any

import pytest
import torch
from helpers.small_study import spec_of, train
from helpers.training_runs import kill_at, networks_of

from mtdis.artifacts import files, records
from mtdis.artifacts.reached import Reached, losses_so_far, read_reached
from mtdis.cli import main
from mtdis.data.split import split_rows
from mtdis.operations.prune import Unwanted, prune
from mtdis.operations.verify import verify_results
from mtdis.specs.ids import identify
from mtdis.specs.run import Run
from mtdis.training import loop, reports
from mtdis.training.batches import Images
from mtdis.training.checkpoints import Progress
from mtdis.training.devices import set_up
from mtdis.training.reports import Report
from mtdis.training.run import load

STEPS = 4
"""72 training rows in batches of 16."""


@pytest.fixture
def images(data: Path) -> Images:
    return load(data / "d.json", data / "t.json", torch.device("cpu"))


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time, which passes only as a test says."""
    now = [1000.0]
    monkeypatch.setattr(reports.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(reports.time, "time", lambda: 5e8 + now[0])
    return now


def told(spec: dict[str, Any], images: Images, record: Path, **options: Any) -> Progress:
    """Train a run that tells of itself."""
    run = Run.from_fields(spec)
    set_up(run.torch_threads, run.needs_gpu)
    networks = networks_of(run, images)
    rows = split_rows(len(images.pixels))["train"]
    return loop.train(
        run,
        loop.learners_of(run, networks),
        images,
        rows,
        record.with_name(records.CHECKPOINT),
        report=Report(run, record, loop.steps_of(run, rows), tuple(networks)),
        **options,
    )


def epochs_of(record: Path) -> list[tuple[str, int]]:
    """Network and epoch of each row of a history."""
    with record.with_name("history.csv").open(newline="") as stream:
        return [(row["network"], int(row["epoch"])) for row in csv.DictReader(stream)]


def passing(clock: list[float], seconds: float) -> loop.Observer:
    """An observer that lets time pass at each step."""

    def observe(step: loop.Step) -> None:
        clock[0] += 0 if step.resumed else seconds

    return observe


def test_epochs_are_told_with_loss_speed_and_time_left(
    images: Images, tmp_path: Path, clock: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    spec = spec_of("single_task", epochs=3)
    progress = told(spec, images, tmp_path / "run.json", observe=passing(clock, 20.0))
    losses = [
        fmean(row["train_loss"] for row in progress.history if row["epoch"] == epoch)
        for epoch in (1, 2, 3)
    ]
    lines = capsys.readouterr().err.splitlines()
    # three networks, 16 images of each in 20 s; an epoch lasts 80 s
    assert lines[:2] == [
        f"epoch 1 of 3: loss {losses[0]:.4g}, mean of 3 networks, 2 images/s, 3 min left",
        f"epoch 2 of 3: loss {losses[1]:.4g}, mean of 3 networks, 2 images/s, 80 s left",
    ]
    assert len(lines) == 3
    assert read_reached(tmp_path / "run.json") == Reached(3, 3, losses[2], 3, 2.4, 5e8 + 1240)


def test_of_short_epochs_some_are_told_and_the_last(
    images: Images, tmp_path: Path, clock: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    spec = spec_of("multi_head", epochs=9)
    told(spec, images, tmp_path / "run.json", observe=passing(clock, reports.SECONDS / STEPS / 2.5))
    assert [line.split()[1] for line in capsys.readouterr().err.splitlines()] == ["3", "6", "9"]


def test_the_expected_end_is_told_within_a_long_epoch(
    images: Images, tmp_path: Path, clock: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    for stop in kill_at(3):

        def observe(step: loop.Step, stop: loop.Observer = stop) -> None:
            clock[0] += reports.WITHIN_EPOCH
            stop(step)

        with pytest.raises(KeyboardInterrupt):
            told(spec_of("multi_head"), images, tmp_path / "run.json", observe=observe)
    found = read_reached(tmp_path / "run.json")
    # written after the second step: six of eight are left
    assert found == Reached(0, 2, None, 1, 0.3, 5e8 + 1000 + 8 * reports.WITHIN_EPOCH)
    assert capsys.readouterr().err == ""


def test_on_a_terminal_the_bar_alone_is_seen(
    images: Images,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(reports.sys.stderr, "isatty", lambda: True, raising=False)
    told(spec_of("multi_head"), images, tmp_path / "run.json")
    assert capsys.readouterr().err == ""
    assert epochs_of(tmp_path / "run.json") == [("multi_head", 1), ("multi_head", 2)]


def test_trainings_side_by_side_are_told_apart(
    images: Images, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    thread = threading.Thread(
        target=told, args=(spec_of("multi_head"), images, tmp_path / "run.json")
    )
    thread.start()
    thread.join()
    (line,) = capsys.readouterr().err.splitlines()
    assert line.endswith(f" ({identify(Run.from_fields(spec_of('multi_head')))})")


def test_a_network_that_diverges_is_not_in_the_mean(
    images: Images, tmp_path: Path, clock: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    images.targets[:, 1] *= float("inf")
    spec = spec_of("single_task", epochs=2)
    progress = told(spec, images, tmp_path / "run.json", observe=passing(clock, 20.0))
    assert progress.diverged == ["task2"]
    lines = capsys.readouterr().err.splitlines()
    assert [line.partition("mean of ")[2][:10] for line in lines] == ["2 networks"] * 2
    assert losses_so_far(tmp_path / "run.json")["task2"] == {
        "epoch": 1,
        "first": None,
        "last": None,
    }


@pytest.fixture
def _at_every_epoch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reports, "SECONDS", 0.0)


@pytest.mark.slow
@pytest.mark.usefixtures("_at_every_epoch")
@pytest.mark.parametrize("saved", [0, 3, 9])
def test_a_resumed_history_has_no_hole_and_no_double_row(
    saved: int, images: Images, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed in epoch 4 with a checkpoint from before the history's last row, or none: rows that
    are ahead of the checkpoint go when it is resumed, and come again.
    """
    record, spec, left = tmp_path / "run.json", spec_of("single_task", epochs=5), [saved]
    real = loop.save

    def save(*given: Any) -> None:
        left[0] -= 1
        if left[0] >= 0:
            real(*given)

    with monkeypatch.context() as patch:
        patch.setattr(loop, "save", save)
        for stop in kill_at(3 * STEPS + 2):
            with pytest.raises(KeyboardInterrupt):
                told(spec, images, record, checkpoint_seconds=0, observe=stop)
    names = ("task1", "task2", "task3")
    assert epochs_of(record) == [(name, n) for n in (1, 2, 3) for name in names]
    for stop in kill_at(1):
        with pytest.raises(KeyboardInterrupt):
            told(spec, images, record, observe=stop)
    assert epochs_of(record) == [(name, n + 1) for n in range(saved // STEPS) for name in names]
    told(spec, images, record)
    assert epochs_of(record) == [(name, n) for n in (1, 2, 3, 4, 5) for name in names]
    told(spec, images, tmp_path / "whole/run.json")
    paths = [folder / "history.csv" for folder in (tmp_path, tmp_path / "whole")]
    assert paths[0].read_bytes() == paths[1].read_bytes()


@pytest.mark.usefixtures("_at_every_epoch")
@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("name", ["history.csv", records.PROGRESS, records.CHECKPOINT])
def test_a_kill_while_a_file_is_written_leaves_a_history_that_is_whole(
    name: str, moment: str, images: Images, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record, spec, real, left = tmp_path / "run.json", spec_of("multi_head"), Path.replace, [3]

    def replace(path: Path, target: Path) -> Path:
        left[0] -= Path(target).name == name
        if left[0] == 0 and moment == "before":
            raise KeyboardInterrupt
        real(path, target)
        if left[0] == 0:
            raise KeyboardInterrupt
        return target

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", replace)
        with pytest.raises(KeyboardInterrupt):
            told(spec, images, record, checkpoint_seconds=0)
    ended = len(epochs_of(record))
    assert epochs_of(record) == [("multi_head", n + 1) for n in range(ended)]
    told(spec, images, record)
    assert epochs_of(record) == [("multi_head", 1), ("multi_head", 2)]


def test_a_history_that_a_record_seals_is_left_alone(
    images: Images, data: Path, tmp_path: Path
) -> None:
    record = tmp_path / "results/runs/x/run.json"
    assert train(data, record, spec_of("multi_head")) == 0
    for stop in kill_at(STEPS + 1):
        with pytest.raises(KeyboardInterrupt):
            told(spec_of("multi_head", epochs=9), images, record, observe=stop)
    sealed = json.loads(record.read_text())["files"]["history.csv"]
    assert files.seal(record.with_name("history.csv")) == sealed
    assert read_reached(record) is not None


def test_a_disk_that_takes_no_history_ends_no_training(
    images: Images,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def full(path: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    progress = told(spec_of("multi_head"), images, tmp_path / "run.json")
    assert progress.epoch == 2
    assert "the disk is full" in capsys.readouterr().err


def test_what_a_killed_training_leaves_is_no_damage_and_is_pruned_as_unfinished(
    images: Images, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = tmp_path / "results/runs/x/run.json"
    for stop in kill_at(STEPS + 1):
        with pytest.raises(KeyboardInterrupt):
            told(spec_of("multi_head"), images, record, observe=stop)
    assert {path.name for path in record.parent.iterdir()} == {"history.csv", records.PROGRESS}
    assert list(verify_results(tmp_path)) == []
    monkeypatch.setattr("mtdis.operations.prune.FRESH", -1.0)
    (found,) = prune([], tmp_path, with_data=False, delete=True)
    assert isinstance(found, Unwanted)
    assert not record.parent.exists()


def test_a_finished_run_keeps_nothing_of_it(data: Path, tmp_path: Path) -> None:
    assert train(data, tmp_path / "run.json", spec_of("multi_head")) == 0
    assert not (tmp_path / records.PROGRESS).exists()


@pytest.mark.slow
def test_a_stage_that_trains_tells_of_itself(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = tmp_path / "r/run.json"
    assert train(data, run, spec_of("multi_head")) == 0
    parent = Run.from_fields(spec_of("multi_head")).resolved()
    capsys.readouterr()
    spec = {"stage": "decoder", "parent": parent, "network": "multi_head", "epochs": 2}
    words = ["--spec", json.dumps(spec | {"batch_size": 16}), "--dataset", str(data / "d.json")]
    words += ["--parent", str(run), "--out", str(tmp_path / "s/stage.json")]
    assert main(["stage", *words]) == 0
    assert "epoch 2 of 2: loss" in capsys.readouterr().err
    assert not (tmp_path / "s" / records.PROGRESS).exists()
