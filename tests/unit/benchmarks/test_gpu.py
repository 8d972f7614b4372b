"""The GPU benchmarks in a tiny run on the CPU: the commands work; what they measure needs a GPU."""

import csv
import json
from pathlib import Path

import pytest
import torch
from helpers.small_study import DATASET, LEARNING, TASKS

from benchmarks import gpu, table5_gpu
from benchmarks.__main__ import by_default, names
from mtdis.specs.run import Run
from mtdis.training import loop as training

CPU = torch.device("cpu")


@pytest.mark.parametrize(
    ("kind", "heads", "published"), [("single_task", 1, 77.1), ("multi_head", 10, 91.9)]
)
def test_operations_per_image(kind: str, heads: int, published: float) -> None:
    """The counts of the feasibility study, for the released code's heads of four hidden layers."""
    fields = {"dataset": "dsprites_rendered", "seed": 1, "head_layers": [300] * 4}
    run = Run.member(kind).parse(fields)
    network = next(iter(training.build(run, (64, 64, 3), CPU).values()))
    assert gpu.operations(network, heads) / 1e6 == pytest.approx(published, abs=0.06)


@pytest.mark.slow
def test_the_gpu_benchmark_measures_each_kind_precision_and_step_mode(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OUT", str(tmp_path))
    monkeypatch.setattr(gpu, "SIZE", 8)
    monkeypatch.setattr(
        gpu, "authors_rate", lambda *_: 1.0
    )  # whose network takes the paper's images alone
    sizes = gpu.Sizes(images=16, batch=8, steps=1, authors_steps=1, matrix=16, repeats=2)
    rows = list(gpu.measure_on(CPU, sizes))
    with next(tmp_path.glob("*-gpu.csv")).open() as stream:
        lines = list(csv.DictReader(stream))
    assert len(rows) == len(lines) == 4 * 3
    assert {(line["kind"], line["step_mode"]) for line in lines} == {
        ("multi_head", "eager"),
        ("one_head", "eager"),
        ("single_task", "eager"),
        ("single_task", "stacked eager"),
    }
    assert all(float(line["rate_best"]) >= float(line["rate_worst"]) > 0 for line in lines)
    assert {line["networks"] for line in lines if line["kind"] == "single_task"} == {"10"}


def test_authors_steps_run_on_a_device() -> None:
    pixels, targets = gpu.random_data(4)
    sizes = gpu.Sizes(batch=2, authors_steps=1)
    assert gpu.authors_rate("one_head", pixels, targets, CPU, sizes) > 0


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU to measure")
def test_without_a_gpu_the_benchmark_is_refused_and_not_among_the_default_ones() -> None:
    with pytest.raises(SystemExit, match="needs a CUDA device"):
        next(gpu.measure())
    assert "gpu" in names()
    assert "gpu" not in by_default()


@pytest.mark.slow
def test_table5_in_one_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OUT", str(tmp_path))
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    fields = {k: LEARNING[k] for k in ("batch_size", "head_layers")} | {"tasks": TASKS}
    metrics = {"mig": {"num_train": 50}}
    words = [
        "--seeds",
        "2",
        "--minutes",
        "0.001",
        "--dataset",
        json.dumps(DATASET),
        "--fields",
        json.dumps(fields),
    ]
    table5_gpu.main([*words, "--metrics", json.dumps(metrics), "--folder", str(tmp_path / "work")])
    with next(tmp_path.glob("*-table5-1-epochs-scores.csv")).open() as stream:
        scores = list(csv.DictReader(stream))
    networks = {(row["kind"], row["seed"], row["network"]) for row in scores}
    assert len(networks) == 2 * (
        1 + 3 + 1 + 1
    )  # two seeds; random, three single tasks, multi-head, one-head
    about = json.loads(next(tmp_path.glob("*-table5-1-epochs.json")).read_text())
    assert about["epochs"] == 1
    assert {run["step_mode"] for run in about["runs"].values() if "step_mode" in run} == {"eager"}
    said = capsys.readouterr()
    assert "an epoch of all runs takes" in said.err
    assert "multi_head" in said.out
