"""One graph serves all seeds of a job list, and each run has the bytes that it has by itself."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from helpers.op_graph import OperationRecorder, graphs_by
from helpers.small_study import spec_of
from helpers.training_runs import kill_at, trained, weights

from mtdis.cli import main
from mtdis.specs.run import Run
from mtdis.training import graphs as graphs_module
from mtdis.training import loop as training
from mtdis.training.batches import Images
from mtdis.training.graphs import Graphs, key_of
from mtdis.training.run import load

pytestmark = [
    pytest.mark.slow,
    pytest.mark.usefixtures("graphs_win", "rates_on_the_device"),
]
SGD = {"optimiser": "sgd", "momentum": 0.9, "learning_rate": 1e-4}


@pytest.fixture
def images(data: Path) -> Images:
    return load(data / "d.json", data / "t.json", torch.device("cpu"))


@pytest.fixture
def record(monkeypatch: pytest.MonkeyPatch) -> OperationRecorder:
    """Steps are made by graphs, whose recordings are counted."""
    made = OperationRecorder()
    monkeypatch.setattr(training, "open_modes", graphs_by(made))
    return made


@pytest.mark.parametrize(
    ("kind", "fields"),
    [("single_task", {}), ("multi_head", SGD), ("multi_head", {"task_weighting": "variance"})],
)
def test_the_next_seed_uses_the_graph_of_the_one_before(
    kind: str,
    fields: dict[str, Any],
    images: Images,
    tmp_path: Path,
    record: OperationRecorder,
) -> None:
    shared, found = Graphs(), {}
    for seed in (1, 2):
        run = Run.from_fields(spec_of(kind, seed=seed, **fields))
        networks, progress = trained(run, images, tmp_path / f"{seed}", graphs=shared)
        found[seed] = weights(networks)
        assert progress.execution["step_mode"] == "graph"
        assert "failed_step_modes" not in progress.execution
    assert record.records == 1
    assert progress.execution["verified"] == {
        "graph of another seed": {"losses": 0.0, "weights": 0.0}
    }
    for seed, of_seed in found.items():
        run = Run.from_fields(spec_of(kind, seed=seed, **fields))
        assert weights(trained(run, images, tmp_path / f"alone{seed}")[0]) == of_seed


def test_a_run_that_is_resumed_by_the_graph_of_another_has_the_same_bytes(
    images: Images, tmp_path: Path, record: OperationRecorder
) -> None:
    first, second = (Run.from_fields(spec_of("single_task", seed=seed)) for seed in (1, 2))
    expected = weights(trained(second, images, tmp_path / "a")[0])
    for stop in kill_at(6):
        with pytest.raises(KeyboardInterrupt):
            trained(second, images, tmp_path / "b", checkpoint_seconds=0, observe=stop)
    shared, before = Graphs(), record.records
    trained(first, images, tmp_path / "c", graphs=shared)
    resumed, _ = trained(second, images, tmp_path / "b", graphs=shared)
    assert record.records == before + 1
    assert weights(resumed) == expected


def test_a_graph_that_does_other_steps_is_recorded_anew(
    images: Images, tmp_path: Path, record: OperationRecorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The weights of the new run are not brought to the graph's."""
    first, second = (Run.from_fields(spec_of("multi_head", seed=seed)) for seed in (1, 2))
    expected = weights(trained(second, images, tmp_path / "a")[0])
    shared = Graphs()
    trained(first, images, tmp_path / "b", graphs=shared)
    monkeypatch.setattr(graphs_module, "_copy", lambda *_: None)
    found, progress = trained(second, images, tmp_path / "c", graphs=shared)
    assert set(progress.execution["failed_step_modes"]) == {"graph of another seed"}
    assert progress.execution["step_mode"] == "graph"
    assert weights(found) == expected


def test_only_runs_that_differ_in_their_seed_share_a_graph() -> None:
    def key(names: tuple[str, ...] = ("task1", "task2"), **fields: Any) -> str:
        return key_of(Run.from_fields(spec_of("single_task", **fields)), names, torch.device("cpu"))

    assert key(seed=1) == key(seed=2)
    others = [{"learning_rate": 0.1}, {"batch_size": 8}, {"latent_size": 3}, {"epochs": 9}]
    assert len({key(), key(("task1",)), *(key(**fields) for fields in others)}) == 2 + len(others)


def test_graphs_wait_for_one_run_each_and_few_of_them(
    images: Images, tmp_path: Path, record: OperationRecorder
) -> None:
    shared = Graphs()
    run = Run.from_fields(spec_of("multi_head"))
    trained(run, images, tmp_path / "a", graphs=shared)
    key = key_of(run, ("multi_head",), torch.device("cpu"))
    (graph,) = shared.waiting
    assert (shared.take(key), shared.take(key)) == (graph, None)
    for _ in range(graphs_module.MOST + 1):
        shared.give(key, graph.ensemble, graph.mode, {})
    assert len(shared.waiting) == graphs_module.MOST


def test_a_job_list_of_seeds_records_once(
    data: Path, tmp_path: Path, record: OperationRecorder
) -> None:
    lines = [
        {
            "spec": spec_of("multi_head", seed=seed),
            "dataset": str(data / "d.json"),
            "targets": str(data / "t.json"),
            "out": str(tmp_path / f"{seed}/run.json"),
        }
        for seed in (1, 2, 3)
    ]
    (tmp_path / "jobs").write_text("\n".join(map(json.dumps, lines)))
    assert main(["train", "--jobs", str(tmp_path / "jobs")]) == 0
    assert record.records == 1
