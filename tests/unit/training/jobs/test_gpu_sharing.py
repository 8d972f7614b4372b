"""Trainings that share a process: whose runs are taken, what is left ready, and who takes that
over.
"""

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from helpers.small_study import spec_of

from mtdis import paths
from mtdis.artifacts import files, records
from mtdis.artifacts.locks import alone_with, is_free
from mtdis.artifacts.records import read_json
from mtdis.cli import main
from mtdis.errors import ArtifactError
from mtdis.specs.ids import identify
from mtdis.specs.run import Run
from mtdis.study import Study
from mtdis.training.jobs.gpu_sharing import adopt, beside, help_with, ready, train_with_others
from mtdis.training.jobs.job_file import Job, read_jobs


def job_of(data: Path, out: Path, spec: dict[str, Any]) -> dict[str, Any]:
    return {
        "spec": spec,
        "dataset": str(data / "d.json"),
        "targets": str(data / "t.json"),
        "out": str(out),
    }


@pytest.fixture
def queue(data: Path, tmp_path: Path) -> Path:
    """Four runs of one dataset, and one that trains on no GPU."""
    lines = [
        job_of(data, tmp_path / f"runs/{seed}/run.json", spec_of("multi_head", seed=seed))
        for seed in range(4)
    ]
    lines.append(
        job_of(data, tmp_path / "runs/random/run.json", spec_of("random")) | {"targets": None}
    )
    path = tmp_path / "queue.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


def own(data: Path, tmp_path: Path, seed: int = 0) -> Job:
    run = Run.from_fields(spec_of("multi_head", seed=seed))
    return Job(run, data / "d.json", data / "t.json", tmp_path / f"runs/{seed}/run.json")


def train(data: Path, tmp_path: Path, seed: int, *words: str) -> int:
    return main([*train_words(data, tmp_path, seed), *words])


def train_words(data: Path, tmp_path: Path, seed: int) -> list[str]:
    job = job_of(data, tmp_path / f"runs/{seed}/run.json", spec_of("multi_head", seed=seed))
    return [
        "train",
        *(f"--{key}={value if key != 'spec' else json.dumps(value)}" for key, value in job.items()),
    ]


def test_the_last_runs_that_nobody_has_begun_are_taken(
    data: Path, queue: Path, tmp_path: Path
) -> None:
    assert [j.spec.seed for j in beside(own(data, tmp_path), queue, 2)] == [3, 2]
    with alone_with(tmp_path / "runs/3/run.json"):
        assert [j.spec.seed for j in beside(own(data, tmp_path), queue, 2)] == [2, 1]
    (tmp_path / "runs/2").mkdir()
    (tmp_path / "runs/2/ready.json").touch()
    (tmp_path / "runs/1").mkdir()
    (tmp_path / "runs/1/run.json").touch()
    assert [j.out for j in beside(own(data, tmp_path), queue, 9)] == [tmp_path / "runs/3/run.json"]


def test_a_queue_leads_nowhere_else(data: Path, queue: Path, tmp_path: Path) -> None:
    """Neither by a link nor by records of another study."""
    queue.with_name("link").symlink_to(queue)
    assert beside(own(data, tmp_path), queue.with_name("link"), 9) == []
    away = json.loads(queue.read_text().splitlines()[-1]) | {"out": str(tmp_path / "x/4/run.json")}
    queue.write_text(json.dumps(away))
    assert beside(own(data, tmp_path), queue, 9) == []


def test_what_was_trained_beside_another_is_taken_over_in_the_same_bytes(
    data: Path, queue: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert train(data, tmp_path, 0, "--queue", str(queue), "--together", "2") == 0
    done = tmp_path / "runs/3"
    assert sorted(p.name for p in done.iterdir()) == [
        "codes.h5",
        "history.csv",
        "ready.json",
        "weights.safetensors",
    ]
    assert not (tmp_path / "runs/1").exists()
    written = (done / "weights.safetensors").stat().st_mtime_ns
    assert train(data, tmp_path, 3) == 0
    assert sorted(p.name for p in done.iterdir()) == [
        "codes.h5",
        "history.csv",
        "run.json",
        "weights.safetensors",
    ]
    assert (done / "weights.safetensors").stat().st_mtime_ns == written  # nothing was trained again
    assert train(data, tmp_path / "alone", 3) == 0
    alone = tmp_path / "alone/runs/3"
    assert (alone / "weights.safetensors").read_bytes() == (
        done / "weights.safetensors"
    ).read_bytes()
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
    notes = study.notes(("train", {"run": run_id}) for run_id in study.runs)
    (tmp_path / "queue.jsonl").write_text(notes[paths.queue()])
    jobs = read_jobs(tmp_path / "queue.jsonl")
    assert [job.spec for job in jobs] == list(study.runs.values())
    assert [str(job.out) for job in jobs] == [
        f"results/runs/{run_id}/run.json" for run_id in study.runs
    ]
    assert [job.targets is None for job in jobs] == [True, True, False, False]


def test_a_damaged_record_is_not_taken_over(data: Path, tmp_path: Path) -> None:
    (tmp_path / "runs/0").mkdir(parents=True)
    (tmp_path / "runs/0/ready.json").write_text("{")
    assert train(data, tmp_path, 0) == 0
    assert read_json(tmp_path / "runs/0/run.json", "")["spec"]["seed"] == 0
    assert not ready(tmp_path / "runs/0/run.json").exists()


def no_training(job: Job) -> None:
    raise AssertionError(f"{job} is trained")


def finish(job: Job, record: Path) -> None:
    """A record of a run as `adopt` takes it over."""
    about = {"id": identify(job.spec), "spec": job.spec.resolved()}
    files.write_record(record, about | {"result": {"networks": []}, "execution": {}, "files": {}})


def test_who_helps_too_late_trains_nothing_and_leaves_nothing(data: Path, tmp_path: Path) -> None:
    job = own(data, tmp_path)
    finish(job, job.out)
    help_with(job, no_training)
    assert list(job.out.parent.iterdir()) == [job.out]
    job.out.rename(ready(job.out))
    help_with(job, no_training)
    assert list(job.out.parent.iterdir()) == [ready(job.out)]


def test_who_helps_does_not_wait_for_one_who_trains(data: Path, tmp_path: Path) -> None:
    job = own(data, tmp_path)
    with alone_with(job.out):
        help_with(job, no_training)
        assert not is_free(job.out)


def test_one_record_is_taken_over_once(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the run's job or by that of a driver whose predecessor was killed, whoever is first."""
    job = own(data, tmp_path)
    finish(job, ready(job.out))
    read = records.read_record

    def overtaken(*words: Any) -> Any:
        content = read(*words)
        ready(job.out).replace(job.out)
        return content

    monkeypatch.setattr(records, "read_record", overtaken)
    assert not adopt(job)
    assert job.out.exists()


def test_the_own_record_is_there_when_all_have_ended(
    data: Path, queue: Path, tmp_path: Path
) -> None:
    """So that snakemake, which deletes what a killed job has declared, finds nothing to delete."""
    job, seen = own(data, tmp_path), []

    def train(one: Job) -> None:
        assert not job.out.exists()
        seen.append(one.out)
        finish(one, one.out)

    assert train_with_others(job, lambda _: train, queue, 3) == 0
    assert sorted(seen) == [tmp_path / f"runs/{seed}/ready.json" for seed in (0, 2, 3)]
    assert list(job.out.parent.iterdir()) == [job.out]


@pytest.mark.slow
def test_a_killed_job_that_others_were_trained_beside_is_resumed(
    data: Path, queue: Path, tmp_path: Path
) -> None:
    """Killed after its own run was trained, while those beside it go on."""
    script = f"""
import os, signal, sys
from mtdis.cli import main
from mtdis.training import run
from pathlib import Path
def watch(bar):
    def observe(step):
        if Path({str(tmp_path / "runs/0/ready.json")!r}).exists():
            os.kill(os.getpid(), signal.SIGKILL)
    return observe
run.watch = watch
main(sys.argv[1:])
"""
    words = train_words(data, tmp_path, 0)
    line = json.loads(queue.read_text().splitlines()[3])
    queue.write_text(json.dumps(line | {"spec": line["spec"] | {"epochs": 100_000}}))
    done = subprocess.run(
        [sys.executable, "-c", script, *words, "--queue", str(queue), "--together", "2"],
        check=False,
    )
    assert done.returncode == -signal.SIGKILL
    assert not (tmp_path / "runs/0/run.json").exists()
    written = (tmp_path / "runs/0/weights.safetensors").stat().st_mtime_ns
    assert main(words) == 0
    assert read_json(tmp_path / "runs/0/run.json", "")["spec"]["seed"] == 0
    assert (tmp_path / "runs/0/weights.safetensors").stat().st_mtime_ns == written


def test_an_old_record_does_not_hide_that_the_run_failed(
    data: Path, queue: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    job = own(data, tmp_path)
    finish(job, job.out)

    def train(one: Job) -> None:
        if one.spec == job.spec:
            raise ArtifactError("no room")
        finish(one, one.out)

    assert train_with_others(job, lambda _: train, queue, 2) == 1
    assert "no room" in capsys.readouterr().err
    assert train_with_others(job, lambda _: lambda one: finish(one, one.out), queue, 2) == 0
    assert list(job.out.parent.iterdir()) == [job.out]


@pytest.mark.parametrize("content", [None, '{"spec": {"ki'])
def test_without_a_whole_queue_a_run_is_trained_alone(
    content: str | None, data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    queue, seen = tmp_path / "queue.jsonl", []
    if content:
        queue.write_text(content)
    assert train_with_others(own(data, tmp_path), lambda _: seen.append, queue, 4) == 0
    assert [job.out for job in seen] == [tmp_path / "runs/0/run.json"]
    assert (
        f"trained alone: {'the job file' if content is None else queue}" in capsys.readouterr().err
    )
