"""Many trainings in one process: the same bytes as alone, the finished skipped, the failed named,
none harmed.
"""

import json
from pathlib import Path
from threading import Barrier, local
from typing import Any

import h5py
import pytest
import torch
from helpers.small_study import spec_of, train

from mtdis.artifacts import datasets
from mtdis.cli import main
from mtdis.training.jobs.job_file import Job, Lazy, read_jobs, train_all


def write_jobs(folder: Path, data: Path, specs: list[dict[str, Any]], **changes: Any) -> Path:
    """A job file; `changes` maps the name of a line's output folder to keys that are put into that
    line.
    """
    lines = []
    for number, spec in enumerate(specs):
        targets = (
            {} if spec["kind"] in ("random", "ground_truth") else {"targets": str(data / "t.json")}
        )
        job = {
            "spec": spec,
            "dataset": str(data / "d.json"),
            "out": str(folder / f"r{number}" / "run.json"),
        } | targets
        lines.append(json.dumps(job | changes.get(f"r{number}", {})))
    path = folder / "jobs.jsonl"
    path.write_text("\n\n".join(lines))
    return path


def result_of(record: Path) -> tuple[Any, ...]:
    """Everything of a result that must not depend on how it was made."""
    with h5py.File(record.with_name("codes.h5")) as file:
        codes = {name: table[()].tobytes() for name, table in file["codes"].items()}
    weights, history = (
        record.with_name(name).read_bytes() for name in ("weights.safetensors", "history.csv")
    )
    content = json.loads(record.read_text())
    return weights, codes, history, content["spec"], content["result"]


SPECS = [
    spec_of("multi_head"),
    spec_of("one_head"),
    spec_of("single_task", seed=3),
    spec_of("random"),
]


@pytest.mark.slow
@pytest.mark.parametrize("together", ["1", "3"])
def test_a_failing_run_harms_no_other_and_is_named(
    together: str, data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    jobs = write_jobs(tmp_path, data, SPECS, r1={"targets": str(tmp_path / "nowhere.json")})
    assert main(["train", "--jobs", str(jobs), "--together", together]) == 1
    said = capsys.readouterr().err
    assert "1 of 4 runs failed:\n  one_head+" in said
    assert f"{tmp_path / 'nowhere.json'} is missing" in said.splitlines()[-1]
    for number in (0, 2, 3):
        assert train(data, tmp_path / "solo" / str(number) / "run.json", SPECS[number]) == 0
        alone = tmp_path / "solo" / str(number) / "run.json"
        assert result_of(tmp_path / f"r{number}" / "run.json") == result_of(alone)
        assert not (tmp_path / f"r{number}" / "checkpoint.safetensors").exists()
    assert not (tmp_path / "r1" / "run.json").exists()


def test_the_finished_are_skipped_and_a_record_of_another_run_is_refused(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["train", "--jobs", str(write_jobs(tmp_path, data, SPECS[:2]))]) == 0
    before = {n: (tmp_path / f"r{n}" / "run.json").read_bytes() for n in range(2)}
    capsys.readouterr()
    changed = write_jobs(
        tmp_path, data, [SPECS[0], spec_of("one_head", seed=9), spec_of("random", seed=2)]
    )
    assert main(["train", "--jobs", str(changed)]) == 1
    assert {n: (tmp_path / f"r{n}" / "run.json").read_bytes() for n in range(2)} == before
    said = capsys.readouterr().err
    assert "finished: multi_head+" in said
    assert "is of another spec: seed is 1, expected 9. Delete it" in said
    assert (tmp_path / "r2" / "run.json").exists()


def test_each_dataset_is_read_once(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read, real = [], datasets.read_dataset

    def counting(record: Path, array: str) -> Any:
        read.append(array)
        return real(record, array)

    monkeypatch.setattr(datasets, "read_dataset", counting)
    assert main(["train", "--jobs", str(write_jobs(tmp_path, data, SPECS)), "--together", "2"]) == 0
    assert read == ["images"]


def test_a_diverging_run_is_a_result_of_its_own(data: Path, tmp_path: Path) -> None:
    specs = [spec_of("multi_head", learning_rate=1e30), spec_of("multi_head")]
    assert main(["train", "--jobs", str(write_jobs(tmp_path, data, specs))]) == 0
    found = [
        json.loads((tmp_path / f"r{n}" / "run.json").read_text())["result"]["networks"][0]
        for n in range(2)
    ]
    assert [network["diverged"] for network in found] == [True, False]


def test_a_run_without_memory_beside_others_is_trained_alone(data: Path, tmp_path: Path) -> None:
    jobs = read_jobs(write_jobs(tmp_path, data, SPECS))
    tried: list[str] = []

    def short_of_memory(job: Job) -> None:
        tried.append(job.spec.name())
        if tried.count(job.spec.name()) == 1 and job.spec.name() == "one_head":
            raise torch.OutOfMemoryError("CUDA out of memory")

    assert train_all(jobs, lambda _: short_of_memory, together=2) == 0
    assert sorted(tried) == ["multi_head", "one_head", "one_head", "random", "single_task"]
    assert tried[-1] == "one_head"


def test_runs_at_once_have_a_stream_each_however_many_there_were(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[object] = []
    own = local()

    def stream() -> object:
        made.append(object())
        return made[-1]

    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "Stream", stream)
    monkeypatch.setattr(torch.cuda, "set_stream", lambda stream: setattr(own, "stream", stream))
    jobs = read_jobs(write_jobs(tmp_path, data, [spec_of("multi_head", seed=n) for n in range(40)]))
    both, used = Barrier(2), []

    def watch(job: Job) -> None:
        both.wait(timeout=60)
        used.append((job.spec.seed, own.stream))

    assert train_all(jobs, lambda _: watch, together=2) == 0
    assert len(used) == 40
    assert {stream for _, stream in used} == set(made)
    assert len(made) == 2


def test_an_error_that_nobody_foresaw_fails_one_run_only(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    done: list[str] = []

    def surprising(job: Job) -> None:
        if job.spec.name() == "one_head":
            raise torch.OutOfMemoryError("no memory even alone")
        done.append(job.spec.name())

    jobs = read_jobs(write_jobs(tmp_path, data, SPECS))
    assert train_all(jobs, lambda _: surprising, together=3) == 1
    assert sorted(done) == ["multi_head", "random", "single_task"]
    assert capsys.readouterr().err.endswith(": OutOfMemoryError: no memory even alone\n")


def test_runs_that_set_the_process_differently_never_train_at_once(
    data: Path, tmp_path: Path
) -> None:
    changes = [
        {"precision": "fp32"},
        {"precision": "fp32"},
        {},
        {"precision": "bf16"},
        {"torch_threads": 2},
    ]
    jobs = read_jobs(
        write_jobs(
            tmp_path, data, [spec_of("multi_head", seed=n) | c for n, c in enumerate(changes)]
        )
    )
    both = {
        False: Barrier(2),
        True: Barrier(2),
    }  # each passes two runs only if they are trained at once
    running: list[tuple[bool, int]] = []

    def watch(job: Job) -> None:
        setting = (getattr(job.spec, "precision", "") == "fp32", job.spec.torch_threads)
        running.append(setting)
        if setting[1] == 1:
            both[setting[0]].wait(timeout=60)
        assert set(running) == {setting}
        if setting[1] == 1:
            both[setting[0]].wait(timeout=60)
        running.remove(setting)

    assert train_all(jobs, lambda _: watch, together=3) == 0


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "line 2: not JSON"),
        ('{"spec": {}}', 'a mapping with "spec", "dataset", "out" \\(and "targets"\\) is needed'),
        (
            '{"spec": {"kind": "multi_haed"}, "dataset": "d", "out": "o"}',
            "line 2: .*Did you mean 'multi_head'",
        ),
        (
            '{"spec": {}, "dataset": "d", "out": "o", "target": "t"}',
            "unknown key 'target'. Did you mean 'targets'",
        ),
    ],
)
def test_a_line_that_is_no_job_is_named_before_anything_is_trained(
    line: str, message: str, tmp_path: Path
) -> None:
    good = {"spec": SPECS[0], "dataset": "d.json", "targets": "t.json", "out": "run.json"}
    (tmp_path / "jobs").write_text(f"{json.dumps(good)}\n{line}\n")
    with pytest.raises(ValueError, match=message):
        read_jobs(tmp_path / "jobs")


def test_two_jobs_cannot_write_one_record(data: Path, tmp_path: Path) -> None:
    path = write_jobs(tmp_path, data, SPECS[:2], r1={"out": str(tmp_path / "r0" / "run.json")})
    with pytest.raises(
        ValueError, match=r"two jobs write .*r0/run\.json; give each an 'out' of its own"
    ):
        read_jobs(path)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--spec", "{}"], "give --spec, --dataset and --out for one run, or --jobs for many"),
        (["--jobs", "x", "--out", "y"], "--jobs names all of its runs; leave out --out"),
        (["--jobs", "nowhere"], "the job file nowhere can't be read"),
    ],
)
def test_options_that_do_not_go_together_are_refused(
    words: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["train", *words]) == 2
    assert message in capsys.readouterr().err


def test_a_value_is_made_once() -> None:
    made: list[int] = []
    value = Lazy(lambda: made.append(1) or len(made))
    assert [value(), value()] == [1, 1]


def test_a_record_tells_how_its_run_was_trained(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert train(data, tmp_path / "run.json", spec_of("multi_head")) == 0
    execution = json.loads((tmp_path / "run.json").read_text())["execution"]
    assert {k: execution[k] for k in ("step_mode", "precision", "images_on")} == {
        "step_mode": "eager",
        "precision": "fp32",
        "images_on": "cpu",
    }
