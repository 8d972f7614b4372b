"""Trainings that share a process: whose runs are taken, what is left ready, and who takes that over."""

import json
from pathlib import Path
from typing import Any

import pytest
from small_study import spec_of

from mtdis.artifacts import read_json
from mtdis.cli import main
from mtdis.jobs import Job, read_jobs
from mtdis.run_lock import alone_with
from mtdis.sharing import beside, ready
from mtdis.study import Study, run_from


def job_of(data: Path, out: Path, spec: dict[str, Any]) -> dict[str, Any]:
    return {"spec": spec, "dataset": str(data / "d.json"), "targets": str(data / "t.json"), "out": str(out)}


@pytest.fixture
def queue(data: Path, tmp_path: Path) -> Path:
    """Four runs of one dataset, and one that trains on no GPU."""
    lines = [job_of(data, tmp_path / f"runs/{seed}/run.json", spec_of("multi_head", seed=seed)) for seed in range(4)]
    lines.append(job_of(data, tmp_path / "runs/random/run.json", spec_of("random")) | {"targets": None})
    path = tmp_path / "queue.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


def own(data: Path, tmp_path: Path, seed: int = 0) -> Job:
    run = run_from(spec_of("multi_head", seed=seed))
    return Job(run, data / "d.json", data / "t.json", tmp_path / f"runs/{seed}/run.json")


def train(data: Path, tmp_path: Path, seed: int, *words: str) -> int:
    job = job_of(data, tmp_path / f"runs/{seed}/run.json", spec_of("multi_head", seed=seed))
    fields = [f"--{key}={value if key != 'spec' else json.dumps(value)}" for key, value in job.items()]
    return main(["train", *fields, *words])


def test_the_last_runs_that_nobody_has_begun_are_taken(data: Path, queue: Path, tmp_path: Path) -> None:
    assert [j.spec.seed for j in beside(own(data, tmp_path), queue, 2)] == [3, 2]
    with alone_with(tmp_path / "runs/3/run.json"):
        assert [j.spec.seed for j in beside(own(data, tmp_path), queue, 2)] == [2, 1]
    (tmp_path / "runs/2").mkdir()
    (tmp_path / "runs/2/ready.json").touch()
    (tmp_path / "runs/1").mkdir()
    (tmp_path / "runs/1/run.json").touch()
    assert [j.out for j in beside(own(data, tmp_path), queue, 9)] == [tmp_path / "runs/3/ready.json"]


def test_what_was_trained_beside_another_is_taken_over_in_the_same_bytes(
    data: Path, queue: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert train(data, tmp_path, 0, "--queue", str(queue), "--together", "2") == 0
    done = tmp_path / "runs/3"
    assert sorted(p.name for p in done.iterdir()) == ["codes.h5", "history.csv", "ready.json", "weights.safetensors"]
    assert not (tmp_path / "runs/1").exists()
    written = (done / "weights.safetensors").stat().st_mtime_ns
    assert train(data, tmp_path, 3) == 0
    assert sorted(p.name for p in done.iterdir()) == ["codes.h5", "history.csv", "run.json", "weights.safetensors"]
    assert (done / "weights.safetensors").stat().st_mtime_ns == written  # nothing was trained again
    assert train(data, tmp_path / "alone", 3) == 0
    alone = tmp_path / "alone/runs/3"
    assert (alone / "weights.safetensors").read_bytes() == (done / "weights.safetensors").read_bytes()
    assert read_json(alone / "run.json", "")["result"] == read_json(done / "run.json", "")["result"]


def test_a_run_that_fails_beside_another_is_left_to_its_own_job(
    data: Path, queue: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "runs/3/codes.h5").mkdir(parents=True)  # can't be written
    assert train(data, tmp_path, 0, "--queue", str(queue), "--together", "2") == 0
    assert "1 of 2 runs failed" in capsys.readouterr().err
    assert not ready(tmp_path / "runs/3/run.json").exists()
    (tmp_path / "runs/3/codes.h5").rmdir()
    assert train(data, tmp_path, 3) == 0


def test_the_queue_of_a_study_is_a_job_file(tmp_path: Path) -> None:
    one = {"kind": ["random", "multi_head"], "seed": [1, 2], "dataset": "dsprites_rendered"}
    study = Study.from_config({"name": "small", "experiments": {"one": one}})
    (tmp_path / "queue.jsonl").write_text(study.queue(study.runs))
    jobs = read_jobs(tmp_path / "queue.jsonl")
    assert [job.spec for job in jobs] == list(study.runs.values())
    assert [str(job.out) for job in jobs] == [f"results/runs/{run_id}/run.json" for run_id in study.runs]
    assert [job.targets is None for job in jobs] == [True, True, False, False]


def test_a_damaged_record_is_not_taken_over(data: Path, tmp_path: Path) -> None:
    (tmp_path / "runs/0").mkdir(parents=True)
    (tmp_path / "runs/0/ready.json").write_text("{")
    assert train(data, tmp_path, 0) == 0
    assert read_json(tmp_path / "runs/0/run.json", "")["spec"]["seed"] == 0
