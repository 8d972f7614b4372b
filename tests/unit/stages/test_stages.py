"""Stages: what an experiment's `stages` and `show` stand for, their ids, and what the command
writes and refuses.
"""

import json
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
import torch
from helpers.resealed import edited
from helpers.small_study import DATASET, FIELDS, LEARNING, spec_of, train

from mtdis.artifacts import datasets, runs
from mtdis.artifacts import stages as stage_files
from mtdis.cli import main
from mtdis.data.split import split_rows
from mtdis.errors import ConfigError
from mtdis.randomness import generator
from mtdis.reporting import long_table
from mtdis.specs.ids import full_id, identify
from mtdis.specs.stage import Stage
from mtdis.stages.heads import build
from mtdis.study import Study

ALL_KINDS = ["random", "single_task", "multi_head"]


def study(**body: Any) -> Study:
    experiment = {
        "kind": ALL_KINDS,
        **LEARNING,
        "seed": [1, 2],
        "stages": {"umap": {"rows": 20}},
    } | body
    return Study.from_config(
        {"name": "small", "metrics": {"mig": {}}, "experiments": {"one": experiment}}
    )


def shown(found: Study) -> list[tuple[str, int, str]]:
    return [(s.run.name(), s.run.seed, s.network) for s in found.stages.values()]


def test_one_seed_and_one_single_task_network_of_it_are_shown() -> None:
    assert shown(study()) == [
        ("random", 1, "random"),
        ("single_task", 1, "task1"),
        ("multi_head", 1, "multi_head"),
    ]
    other = study(show={"seed": [2], "task": [2, 3]}, kind=["single_task"])
    assert shown(other) == [("single_task", 2, "task2"), ("single_task", 2, "task3")]


def test_lists_in_a_stage_sweep() -> None:
    found = study(stages={"umap": {"n_neighbors": [5, 10], "rows": 20}}, kind="random")
    assert [s.n_neighbors for s in found.stages.values()] == [5, 10]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"stages": {"umpa": {}}}, r"experiments\.one\.stages\.umpa: .*umap"),
        ({"stages": {"umap": {"n_neighbours": 5}}}, r"stages\.umap\.n_neighbours: .*n_neighbors"),
        ({"stages": {"umap": {"parent": "x"}}}, r"stages\.umap\.parent: .*leave it out"),
        ({"stages": {"umap": 5}}, r"stages\.umap: a mapping is needed; found 5"),
        ({"stages": {"umap": {"rows": 1}}}, r"stages\.umap\.rows: .*10"),
        (
            {"show": {"seed": 9}},
            r"show\.seed: no run has seed 9; those of the experiment are \[1, 2\]",
        ),
        ({"show": {"seed": [1, 9]}}, r"show\.seed: no run has seed 9"),
        ({"show": {"sed": 1}}, r"show\.sed: .*seed"),
        ({"show": {"task": "a"}}, r"show\.task: a whole number"),
        (
            {"show": {"task": [1, 9]}},
            r"show\.task: no run has task 9; those of the experiment are \[1, 2, 3\]",
        ),
        ({"show": {"task": 0}}, r"show\.task: no run has task 0"),
        (
            {"stages": {"architecture": {}}, "kind": "ground_truth"},
            r"architecture: the experiment has no network",
        ),
    ],
)
def test_what_is_wrong_with_stages_is_said(body: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        study(**body)


def test_an_id_is_the_parents_a_plus_sign_and_the_stages_own() -> None:
    run = {"kind": "random", "dataset": "dsprites_rendered", "seed": 1}
    stage = Stage.from_fields({"stage": "umap", "parent": run, "network": "random", "rows": 500})
    assert (
        identify(stage)
        == "random+version=2+dataset=dsprites_rendered+seed=1++umap+network=random+rows=500"
    )
    long = Stage.from_fields(
        {"stage": "umap", "parent": spec_of("single_task"), "network": "task1", "rows": 500}
    )
    parent, own = identify(long).split("++")
    assert parent == identify(long.parent)
    assert own == "umap+network=task1+rows=500"
    assert full_id(long).startswith(full_id(long.parent))


def test_every_stage_of_a_study_has_the_files_it_reads_planned() -> None:
    found = study()
    for stage_id, stage in found.stages.items():
        parents = found.stage_parents(stage_id)
        assert parents["parent"] == f"results/runs/{identify(stage.run)}/run.json"
        assert parents["targets"] == []
        assert json.loads(found.spec(stage_id))["stage"] == "umap"
    assert len(found.results("one")["stages"]) == 3


@pytest.fixture
def run_record(data: Path, tmp_path: Path) -> Path:
    record = tmp_path / "run/run.json"
    assert train(data, record, {"kind": "random", **FIELDS}) == 0
    return record


def compute(data: Path, record: Path, out: Path, **changes: Any) -> int:
    spec = {
        "stage": "umap",
        "parent": {"kind": "random", **FIELDS},
        "network": "random",
        "rows": 12,
    } | changes
    words = [
        "--spec",
        json.dumps(spec),
        "--parent",
        str(record),
        "--dataset",
        str(data / "d.json"),
        "--out",
        str(out),
    ]
    return main(["stage", *words])


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::Warning")  # of umap-learn, on its own use of others
def test_a_stage_is_written_sealed_and_read_again(
    data: Path, run_record: Path, tmp_path: Path
) -> None:
    out = tmp_path / "stage/stage.json"
    assert compute(data, run_record, out, n_neighbors=5) == 0
    result = stage_files.read_stage(out)
    assert result.arrays["embedding"].shape == (12, 2)
    factors = datasets.read_dataset(data / "d.json", "factors")
    test = {tuple(row) for row in factors[split_rows(96)["test"]]}
    assert {tuple(row) for row in result.arrays["factors"]} <= test
    with h5py.File(out.with_name("arrays.h5"), "a") as file:
        file["embedding"][0, 0] += 1
    with pytest.raises(Exception, match=r"arrays\.h5 has SHA-256"):
        stage_files.read_stage(out)


def test_a_stage_refuses_another_run_than_its_parent(
    data: Path, run_record: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = {"kind": "random", **FIELDS, "seed": 2}
    assert compute(data, run_record, tmp_path / "stage.json", parent=other) == 2
    assert "seed is 1, expected 2" in capsys.readouterr().err


def test_nothing_is_computed_on_a_diverged_network_and_the_long_table_says_so(
    data: Path, run_record: Path, tmp_path: Path
) -> None:
    edited(run_record, lambda record: record["result"]["networks"][0].update(diverged=True))
    out = tmp_path / "stage/stage.json"
    assert compute(data, run_record, out) == 0
    result = stage_files.read_stage(out)
    assert result.diverged
    assert not result.arrays
    stage = Stage.from_fields(
        {"stage": "umap", "parent": {"kind": "random", **FIELDS}, "network": "random", "rows": 12}
    )
    (row,) = long_table.stage_rows("one", stage, json.loads(out.read_text()))
    assert row["diverged"]
    assert row["value"] is None
    assert (row["kind"], row["network"], row["stage.rows"]) == ("random", "random", 12)


def test_true_factors_are_codes(data: Path, tmp_path: Path) -> None:
    for scaling in ("raw", "standardised"):
        record = tmp_path / scaling / "run.json"
        spec = {"kind": "ground_truth", "dataset": DATASET, "seed": 1, "scaling": scaling}
        assert train(data, record, spec) == 0
        codes, rows = runs.read_codes(record, "ground_truth")
        values = datasets.read_dataset(data / "d.json", "values")[rows]
        if scaling == "raw":
            np.testing.assert_array_equal(codes, values.astype(np.float32))
        else:
            varying = values.std(axis=0) > 0
            np.testing.assert_allclose(codes.mean(axis=0), 0, atol=1e-6)
            np.testing.assert_allclose(codes.std(axis=0), varying, atol=1e-6)


HEADS: dict[str, Any] = {
    "stage": "heads",
    "parent": {"kind": "ground_truth", "dataset": DATASET, "seed": 1, "scaling": "standardised"},
    "network": "ground_truth",
    "tasks": LEARNING["tasks"],
    "head_layers": [16],
    "epochs": 3,
    "batch_size": 16,
}


def train_heads(data: Path, folder: Path, spec: dict[str, Any], *options: str) -> int:
    assert train(data, folder / "run.json", spec["parent"]) == 0
    words = [
        "--spec",
        json.dumps(spec),
        "--parent",
        str(folder / "run.json"),
        "--dataset",
        str(data / "d.json"),
    ]
    files = ["--targets", str(data / "t.json"), "--out", str(folder / "stage.json")]
    return main(["stage", *words, *files, *options])


@pytest.mark.parametrize("weight_decay", [0, 100])
def test_heads_on_codes_equal_a_plain_loop(weight_decay: float, data: Path, tmp_path: Path) -> None:
    """The same heads in ordinary PyTorch: separate linear layers, a sum of errors, AdamW, the same
    batches.
    """
    assert train_heads(data, tmp_path, HEADS | {"weight_decay": weight_decay}) == 0
    result = stage_files.read_stage(tmp_path / "stage.json")
    codes, _ = runs.read_codes(tmp_path / "run.json", "ground_truth")
    targets = datasets.read_targets(data / "t.json")
    heads = [
        torch.nn.Sequential(torch.nn.Linear(6, 16), torch.nn.Tanh(), torch.nn.Linear(16, 1))
        for _ in range(3)
    ]
    start = build(Stage.from_fields(HEADS), 6)
    for number, head in enumerate(heads):
        for layer, place in ((head[0], 0), (head[2], 1)):
            layer.weight.data = start.weights[place][number].detach().T.clone()
            layer.bias.data = start.biases[place][number, 0].detach().clone()
    weights = [p for head in heads for p in head.parameters()]
    optimiser = torch.optim.AdamW(weights, lr=1e-4, weight_decay=weight_decay)
    x, y = torch.from_numpy(codes), torch.from_numpy(targets)
    rows = split_rows(96)["train"]
    for epoch in range(3):
        order = generator(1, "batches", epoch).permutation(rows)
        for batch in (order[i * 16 : i * 16 + 16] for i in range(len(rows) // 16)):
            optimiser.zero_grad()
            errors = [
                torch.nn.functional.mse_loss(h(x[batch])[:, 0], y[batch, t])
                for t, h in enumerate(heads)
            ]
            (sum(errors) / 3).backward()
            optimiser.step()
    test = split_rows(96)["test"]
    expected = [
        float(((h(x[test])[:, 0] - y[test, t]) ** 2).mean().detach()) for t, h in enumerate(heads)
    ]
    found = [row["value"] for row in result.rows if (row["metric"], row["key"]) == ("mse", "test")]
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_a_stage_that_learns_needs_the_codes_of_all_images() -> None:
    parent = spec_of("random", keep_codes="test")
    with pytest.raises(ConfigError, match="the run keeps those of 'test'; set keep_codes: all"):
        Stage.from_fields(
            {"stage": "heads", "parent": parent, "network": "random", "tasks": LEARNING["tasks"]}
        )


def test_a_batch_larger_than_the_training_split_is_refused_before_any_job() -> None:
    with pytest.raises(
        ConfigError,
        match=r"stages\.heads: .*72 rows, fewer than one batch of 80; lower the stage's",
    ):
        study(kind="ground_truth", stages={"heads": {"batch_size": 80}})


def test_targets_of_stages_are_planned_and_task_diagnostics_stand_on_those_of_the_runs() -> None:
    stages = {
        "heads": {"seed": [1, 2, 3], "tasks": {"count": [2, 3]}, "batch_size": 16},
        "task_diagnostics": None,
    }
    found = study(kind=["multi_head", "random"], stages=stages)
    kinds = [stage.name() for stage in found.stages.values()]
    assert (kinds.count("heads"), kinds.count("task_diagnostics")) == (2 * 3 * 2, 1)
    assert sorted(
        t.tasks.count for t in found.targets.values() if t.tasks.input_scaling == "unit"
    ) == [3]
    assert sorted(t.tasks.count for t in found.targets.values()) == [2, 3, 3]
    for stage_id, stage in found.stages.items():
        assert (
            found.stage_parents(stage_id)["targets"]
            == f"data/targets/{identify(stage.targets)}.json"
        )


def test_stages_on_targets_need_no_shown_seed() -> None:
    assert len(study(seed=[2, 3], stages={"task_diagnostics": {}}, kind="multi_head").stages) == 1
    with pytest.raises(ConfigError, match=r"show\.seed: no run has seed 1"):
        study(seed=[2, 3])
    with pytest.raises(ConfigError, match=r"show\.sed: .*seed"):
        study(seed=[2, 3], stages={"task_diagnostics": {}}, kind="multi_head", show={"sed": 2})


def test_task_diagnostics_of_a_grid(data: Path, tmp_path: Path) -> None:
    spec = {"stage": "task_diagnostics", "parent": {"dataset": DATASET, "tasks": LEARNING["tasks"]}}
    record, dataset = str(data / "t.json"), str(data / "d.json")
    words = [
        "--spec",
        json.dumps(spec),
        "--parent",
        record,
        "--dataset",
        dataset,
        "--targets",
        record,
    ]
    assert main(["stage", *words, "--out", str(tmp_path / "stage.json")]) == 0
    rows = stage_files.read_stage(tmp_path / "stage.json").rows
    assert len(rows) == 2 * 3 * 6
    effects = [r["value"] for r in rows if (r["metric"], r["key"]) == ("total_effect", "shape")]
    assert all(0 <= value <= 1 for value in effects)
    assert [r["value"] for r in rows if r["key"] == "color"] == [None] * 6
