"""`mtdis status`: the state of each run from records, markers, logs and signs of life, counted by
dimension.
"""

import json
import os
import time
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
from helpers.resealed import edited
from helpers.small_results import CONFIG, finish, mark, of_kind, score, study_in, text

from mtdis import paths
from mtdis.artifacts import locks, records, runs, scores
from mtdis.artifacts.reached import Reached
from mtdis.cli import main
from mtdis.commands import status
from mtdis.operations import job_states
from mtdis.operations.status import STATES, study_status
from mtdis.study import Study


@pytest.fixture
def study(tmp_path: Path) -> Study:
    return study_in(tmp_path)


def states(study: Study) -> dict[str, str]:
    return study_status(study, Path())["states"]["runs"]


def long_ago(*files: Path) -> None:
    then = time.time() - job_states.FRESH - 60
    for path in files:
        os.utime(path, (then, then))


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


def test_counts_are_given_by_experiment_and_dimension(study: Study) -> None:
    for seed in (1, 2):
        finish(study, of_kind(study, "random", seed))
    finish(study, of_kind(study, "multi_head", 1))
    dimensions = study_status(study, Path())["experiments"]["one"]["dimensions"]
    assert set(dimensions) == {"kind", "seed"}
    assert {kind: counts["done"] for kind, counts in dimensions["kind"].items()} == {
        "random": 2,
        "single_task": 0,
        "multi_head": 1,
    }
    assert {seed: (c["all"], c["done"]) for seed, c in dimensions["seed"].items()} == {
        "1": (3, 2),
        "2": (3, 1),
    }


def test_a_dataset_and_a_nested_field_are_dimensions(tmp_path: Path) -> None:
    one = CONFIG["experiments"]["one"] | {
        "kind": "multi_head",
        "tasks": {"count": [2, 3]},
        "head_layers": [[8], [9]],
    }
    study = study_in(tmp_path, CONFIG | {"experiments": {"one": one}})
    dimensions = study_status(study, Path())["experiments"]["one"]["dimensions"]
    assert {path: list(values) for path, values in dimensions.items()} == {
        "seed": ["1", "2"],
        "head_layers": ["8", "9"],
        "tasks.count": ["2", "3"],
    }


def test_what_a_dataset_decides_is_no_dimension_of_its_own(tmp_path: Path) -> None:
    sprites = {"name": "dsprites_rendered", "image_size": 16, "subgrid": {"orientation": 6}}
    rooms = {"name": "shapes3d_rendered", "image_size": 16, "subgrid": {"orientation": 4}}
    one = CONFIG["experiments"]["one"] | {"dataset": [sprites, rooms], "latent_size": [4, 6]}
    study = study_in(tmp_path, CONFIG | {"experiments": {"one": one}})
    dimensions = study_status(study, Path())["experiments"]["one"]["dimensions"]
    assert set(dimensions) == {"kind", "dataset", "seed", "latent_size"}


def test_scores_and_their_errors_are_counted(study: Study) -> None:
    good, bad, failed = (
        of_kind(study, "random"),
        of_kind(study, "multi_head"),
        of_kind(study, "multi_head", 2),
    )
    for run_id in (good, bad, failed):
        finish(study, run_id)
    score(study, good)
    rows = json.loads(score(study, bad, error='ValueError: "error": ""').read_text())["rows"]
    text(paths.log("scores", failed), "mtdis: error: codes.h5 is missing\n")
    found = study_status(study, Path())
    assert found["failed_metrics"] == {bad: len(rows)}
    assert found["total"]["scores"]["done"] == 2
    assert [(f["rule"], f["id"], f["last_line"]) for f in found["failed"]] == [
        ("scores", failed, "mtdis: error: codes.h5 is missing")
    ]


def test_scores_of_some_metrics_only_are_missing(study: Study) -> None:
    run_id, other = of_kind(study, "single_task"), of_kind(study, "random")
    for one in (run_id, other):
        finish(study, one)
    score(study, run_id)
    index = score(study, other, error="ValueError: one class")
    assert (
        study_status(study, Path())["total"]["scores"]["done"] == 2
    )  # a metric that failed is not missing
    seeds = {"metrics": CONFIG["metrics"] | {"dci": {"seed": [0, 1]}}}
    assert study_status(study_in(Path(), CONFIG | seeds), Path())["total"]["scores"]["done"] == 0
    content = json.loads(index.read_text())
    kept = [row for row in content["rows"] if row["metric"] != "dci"]
    scores.write_index(index, content["run"], content["codes_sha256"], [], kept, {})
    states = study_status(study, Path())["states"]["scores"]
    assert (states[run_id], states[other]) == ("done", "missing")


def test_text_names_what_failed_and_json_has_the_same(
    study: Study, capsys: pytest.CaptureFixture[str]
) -> None:
    run_id = of_kind(study, "multi_head")
    text(paths.log("train", run_id), "mtdis: error: no memory\n")
    assert main(["status"]) == 0
    out = capsys.readouterr().out
    assert f"failed: {run_id}\n  {paths.log('train', run_id)}: mtdis: error: no memory" in out
    lines = out.splitlines()
    head = [
        "experiment",
        "runs",
        "done",
        "running",
        "failed",
        "diverged",
        "missing",
        "scored",
        "stages",
    ]
    assert lines[0].split() == head
    assert main(["status", "--json"]) == 0
    told: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert set(told) == {
        "study",
        "experiments",
        "total",
        "failed",
        "failed_metrics",
        "diverged",
        "stale",
        "calibrated",
        "trainings",
        "mixed_kernels",
        "unsealed",
        "states",
    }
    assert told["states"]["runs"][run_id] == "failed"


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


def test_nothing_is_written(study: Study, tmp_path: Path) -> None:
    before = sorted(tmp_path.rglob("*"))
    assert main(["status"]) == 0
    assert sorted(tmp_path.rglob("*")) == before


def test_mixed_kernels_are_named(study: Study, capsys: pytest.CaptureFixture[str]) -> None:
    ours, theirs, resumed = (
        of_kind(study, kind) for kind in ("random", "single_task", "multi_head")
    )
    finish(study, ours, kernels="ATen AVX512, 1 thread")
    assert main(["status"]) == 0
    assert "kernels" not in capsys.readouterr().out
    finish(study, theirs, kernels="ATen AVX2, 4 threads")
    finish(
        study,
        resumed,
        kernels="ATen AVX2, 1 thread",
        resumed_from_other_kernels=["ATen AVX512, 1 thread"],
    )
    finish(study, of_kind(study, "random", 2))  # from before kernels were recorded
    assert study_status(study, Path())["mixed_kernels"] == {
        "libraries": {"ATen": {"AVX2": 2, "AVX512": 1}},
        "resumed": [resumed],
    }
    assert main(["status"]) == 0
    assert (
        "mixed kernels: ATen AVX2 (2), AVX512 (1); 1 begun by others than finished by; their bytes"
        " differ (docs/same-bytes.md)"
    ) in capsys.readouterr().out


def test_scores_count_among_mixed_kernels(study: Study) -> None:
    ours, theirs, unfinished = (
        of_kind(study, kind) for kind in ("random", "single_task", "multi_head")
    )
    for run_id in (ours, theirs, unfinished):
        finish(study, run_id, kernels="ATen AVX2, BLAS Haswell, 1 thread")
    score(study, ours, kernels="BLAS Haswell, 1 thread")
    score(study, theirs)  # from before indexes named kernels
    assert study_status(study, Path())["mixed_kernels"]["libraries"] == {}
    score(study, theirs, kernels="BLAS SkylakeX, 1 thread")
    assert study_status(study, Path())["mixed_kernels"] == {
        "libraries": {"BLAS": {"Haswell": 4, "SkylakeX": 1}},
        "resumed": [],
    }
