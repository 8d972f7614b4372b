"""What `mtdis status` says of trainings that run or have stopped, and what `--watch` shows."""

import time
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
from helpers.small_results import finish, long_ago, mark, of_kind, study_in, text

from mtdis import paths
from mtdis.artifacts import records, runs
from mtdis.artifacts.reached import Reached
from mtdis.cli import main
from mtdis.commands import status
from mtdis.operations.status import study_status
from mtdis.study import Study


@pytest.fixture
def study(tmp_path: Path) -> Study:
    return study_in(tmp_path)


def reach(run_id: str, **fields: Any) -> Reached:
    """Write what a training that runs has told of itself."""
    ends = time.time() + 7 * 60
    told = Reached(3, 60, 0.25, 3, 1234.5, ends)
    runs.write_reached(Path(paths.run(run_id)), replace(told, **fields), [])
    return replace(told, **fields)


def test_what_runs_is_told_with_its_epoch_speed_and_expected_end(
    study: Study, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second, begun = (of_kind(study, k) for k in ("multi_head", "single_task", "random"))
    soon = reach(first)
    later = reach(second, ends=soon.ends + 3600)
    reach(begun, epoch=0, loss=None, images_per_second=None, ends=None)
    for run_id in (second, first, begun):
        mark(paths.run(run_id))
    trainings = study_status(study, Path())["trainings"]
    assert list(trainings) == [first, second, begun]  # by their ends
    assert trainings[second] == {"state": "running"} | asdict(later)
    assert main(["status"]) == 0
    lines = capsys.readouterr().out.splitlines()
    when = time.strftime("%H:%M", time.localtime(soon.ends))
    assert (
        f"running: 3 of 60 epochs, loss 0.25, 1,234 images/s, ends in 7 min ({when}): {first}"
        in lines
    )
    assert f"running: 0 of 60 epochs: {begun}" in lines


def test_a_training_that_has_stopped_is_told_with_its_epoch_alone(
    study: Study, capsys: pytest.CaptureFixture[str]
) -> None:
    run_id = of_kind(study, "multi_head")
    long_ago(mark(paths.run(run_id)))
    reach(run_id)
    assert main(["status"]) == 0
    assert f"stopped: 3 of 60 epochs, loss 0.25: {run_id}\n" in capsys.readouterr().out


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '{"epoch": "many"}', "x" * 2**17, '{"epoch": -1}']
)
def test_what_is_no_sound_progress_is_not_told(study: Study, content: str) -> None:
    run_id = of_kind(study, "multi_head")
    mark(paths.run(run_id))
    text(str(Path(paths.run(run_id)).with_name(records.PROGRESS)), content)
    found = study_status(study, Path())
    assert (found["states"]["runs"][run_id], found["trainings"]) == ("running", {})


def test_a_line_of_an_epoch_that_nothing_follows_says_that_the_job_was_killed(study: Study) -> None:
    run_id = of_kind(study, "multi_head")
    text(paths.log("train", run_id), f"training {run_id} on cpu\nepoch 3 of 60: loss 1\n")
    (failed,) = study_status(study, Path())["failed"]
    assert failed["last_line"] == "epoch 3 of 60: loss 1 … and nothing after that: it was killed"


def test_watch_is_refused_without_a_terminal(
    study: Study, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["status", "--watch"]) == 2
    assert "--watch refreshes a terminal" in capsys.readouterr().err


def test_watch_shows_what_has_changed_until_ctrl_c(
    study: Study, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def pause(seconds: float) -> None:
        assert seconds == 3
        if (Path(paths.run(of_kind(study, "random")))).exists():
            raise KeyboardInterrupt
        finish(study, of_kind(study, "random"))

    monkeypatch.setattr(status.sys.stdout, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(status.time, "sleep", pause)
    assert main(["status", "--watch", "--interval", "3"]) == 0
    shown = capsys.readouterr().out.split(status.HOME_AND_CLEAR)[1:]
    totals = [
        next(line for line in one.splitlines() if line.startswith("total")).split()[1:3]
        for one in shown
    ]
    assert totals == [["6", "0"], ["6", "1"]]
