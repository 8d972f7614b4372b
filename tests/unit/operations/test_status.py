"""`mtdis status`: the state of each run from records, markers, logs and signs of life."""

import os
from pathlib import Path

import pytest
from helpers.resealed import edited
from helpers.small_results import finish, long_ago, mark, of_kind, study_in, text

from mtdis import paths
from mtdis.artifacts import locks, records
from mtdis.operations import job_states
from mtdis.operations.status import STATES, study_status
from mtdis.study import Study


@pytest.fixture
def study(tmp_path: Path) -> Study:
    return study_in(tmp_path)


def states(study: Study) -> dict[str, str]:
    return study_status(study, Path())["states"]["runs"]


def test_a_study_without_results_is_missing(study: Study) -> None:
    found = study_status(study, Path())
    assert found["total"]["runs"] == {"all": 6, "missing": 6} | dict.fromkeys(STATES[:-1], 0)
    assert found["total"]["scores"]["missing"] == 6


def test_each_state_is_told_from_what_lies_there(study: Study) -> None:
    done, diverged, stale = (
        of_kind(study, kind) for kind in ("random", "single_task", "multi_head")
    )
    finish(study, done)
    finish(study, diverged, ["task2"])
    finish(study, stale).write_text("{")
    running, failed, stopped = (
        of_kind(study, kind, 2) for kind in ("random", "single_task", "multi_head")
    )
    mark(paths.run(running))
    text(paths.log("train", failed), "training\nValueError: one class\n\n")
    long_ago(mark(paths.run(stopped)))
    found = study_status(study, Path())
    assert found["states"]["runs"] == {
        done: "done",
        diverged: "diverged",
        stale: "stale",
        running: "running",
        failed: "failed",
        stopped: "stopped",
    }
    assert found["failed"] == [
        {
            "rule": "train",
            "id": failed,
            "log": paths.log("train", failed),
            "last_line": "ValueError: one class",
        }
    ]
    assert found["diverged"] == {diverged: ["task2"]}
    assert "damaged" in found["stale"][stale]


def test_a_record_of_another_spec_is_stale_and_named(study: Study) -> None:
    run_id = of_kind(study, "multi_head")
    record = finish(study, run_id)
    edited(record, lambda content: content["spec"].update(learning_rate=0.5))
    assert "learning_rate is 0.5, expected 0.001" in study_status(study, Path())["stale"][run_id]


def test_a_lock_that_is_held_proves_that_a_run_is_trained(study: Study) -> None:
    run_id = of_kind(study, "multi_head")
    text(
        paths.log("train", run_id), "training\n"
    )  # a failed job's, and someone trains it again by hand
    with locks.alone_with(Path(paths.run(run_id))):
        assert states(study)[run_id] == "running"
    assert states(study)[run_id] == "failed"


def test_a_job_that_said_nothing_more_was_killed(study: Study) -> None:
    run_id = of_kind(study, "multi_head")
    text(paths.log("train", run_id), f"training {run_id} on cpu (1 thread)\n")
    (failed,) = study_status(study, Path())["failed"]
    assert failed["last_line"].endswith("on cpu (1 thread) … and nothing after that: it was killed")


def test_a_checkpoint_is_a_sign_of_life_for_fifteen_minutes(study: Study) -> None:
    run_id = of_kind(study, "multi_head")
    marker = mark(paths.run(run_id))
    checkpoint = text(str(Path(paths.run(run_id)).with_name(records.CHECKPOINT)), "")
    long_ago(marker)
    assert states(study)[run_id] == "running"
    long_ago(checkpoint)
    assert states(study)[run_id] == "stopped"


def test_a_result_that_was_taken_away_is_missing_and_not_failed(study: Study) -> None:
    run_id = of_kind(study, "multi_head")
    text(paths.log("train", run_id), "training\n")
    assert states(study)[run_id] == "failed"
    text(
        paths.benchmark("train", run_id), "s\n1\n"
    )  # written by snakemake when a job has ended well
    assert states(study)[run_id] == "missing"


@pytest.mark.parametrize(
    ("queue", "expected"),
    [("7 PENDING", "queued"), ("7 RUNNING", "running"), ("8 RUNNING", "stopped")],
)
def test_slurm_is_asked_about_jobs_that_have_a_number(
    queue: str, expected: str, study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = text("bin/squeue", f'#!/bin/sh\necho "$@" > asked\necho "{queue}"\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    run_id = of_kind(study, "multi_head")
    long_ago(mark(paths.run(run_id), slurm="7"))
    assert states(study)[run_id] == expected
    assert "--jobs=7" in Path("asked").read_text()


def test_without_squeue_the_signs_of_life_decide(
    study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "nowhere")
    run_id = of_kind(study, "multi_head")
    marker = mark(paths.run(run_id), slurm="7")
    assert states(study)[run_id] == "running"
    long_ago(marker)
    assert states(study)[run_id] == "stopped"


def test_markers_of_long_paths_are_read(study: Study) -> None:
    output = f"results/runs/{'x' * 300}/run.json"
    mark(output)
    mark("short")
    assert set(job_states.markers(Path())) == {output, "short"}
