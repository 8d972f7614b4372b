"""What only a GPU can show: each step mode, however the images come and whatever runs beside,
the same bytes.
"""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from helpers.small_study import spec_of
from helpers.training_runs import kill_at

from mtdis.cli import main
from mtdis.data.split import split_rows
from mtdis.specs.run import Run
from mtdis.training import loop as training
from mtdis.training import step_modes
from mtdis.training.batches import Images, encode
from mtdis.training.checkpoints import Progress
from mtdis.training.devices import set_up
from mtdis.training.run import load
from mtdis.training.step_modes import open_modes

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
GPU = torch.device("cuda")


@pytest.fixture
def images(data: Path) -> Images:
    return load(data / "d.json", data / "t.json", GPU)


def trained(
    spec: dict[str, Any], images: Images, folder: Path, **options: Any
) -> tuple[dict[str, bytes], Progress]:
    """Weights and codes by name."""
    run = Run.from_fields(spec)
    set_up(run.torch_threads, run.needs_gpu)
    networks = training.build(run, tuple(images.pixels.shape[1:]), GPU)
    rows = split_rows(len(images.pixels))["train"]
    learners = training.learners_of(run, networks)
    progress = training.train(run, learners, images, rows, folder / "checkpoint", **options)
    found = {
        f"{n}.{k}": v.cpu().numpy().tobytes()
        for n, m in networks.items()
        for k, v in m.state_dict().items()
    }
    return (
        found | {name: encode(model, images).tobytes() for name, model in networks.items()},
        progress,
    )


@pytest.mark.parametrize("precision", ["fp32", "tf32", "bf16"])
@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"fused": "stacked"},
        {"batch_order": "own"},
        {"weight_decay": 10.0},
        {"optimiser": "sgd", "momentum": 0.9},
        {"optimiser": "sgd", "momentum": 0.9, "fused": "stacked"},
    ],
)
def test_each_step_mode_gives_the_same_bytes(
    precision: str,
    fields: dict[str, Any],
    images: Images,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = {}
    monkeypatch.setattr(
        step_modes, "rate", lambda mode, *_: 1.0 if isinstance(mode, step_modes.Eager) else 2.0
    )
    for name in ("eager", "graph", *(["graph with streams"] if "fused" not in fields else [])):
        monkeypatch.setattr(
            training,
            "open_modes",
            lambda *given, only=name: {n: open_modes(*given)[n] for n in ("eager", only)},
        )
        spec = spec_of("single_task", precision=precision, **fields)
        found[name], progress = trained(spec, images, tmp_path / name)
        assert progress.execution["step_mode"] == name
        assert "failed_step_modes" not in progress.execution  # each is verified, and believed
        assert set(progress.execution.get("verified", {})) >= {name} - {"eager"}
    assert all(of_mode == found["eager"] for of_mode in found.values())


@pytest.mark.parametrize("fused", ["none", "stacked"])
def test_resuming_and_streaming_give_the_same_bytes(
    fused: str, images: Images, data: Path, tmp_path: Path
) -> None:
    spec = spec_of("single_task", fused=fused)
    undisturbed, _ = trained(spec, images, tmp_path / "a")
    for step in kill_at(5):
        with pytest.raises(KeyboardInterrupt):
            trained(spec, images, tmp_path / "b", checkpoint_seconds=0, observe=step)
    assert trained(spec, images, tmp_path / "b")[0] == undisturbed
    streamed = load(data / "d.json", data / "t.json", torch.device("cpu"))
    streamed = Images(streamed.pixels, streamed.white, streamed.targets, used_on=GPU)
    assert trained(spec, streamed, tmp_path / "c")[0] == undisturbed


@pytest.mark.parametrize("fused", ["none", "stacked"])
def test_a_diverged_network_harms_no_other(fused: str, images: Images, tmp_path: Path) -> None:
    spec = spec_of("single_task", fused=fused, epochs=1)
    healthy, _ = trained(spec, images, tmp_path / "a")
    images.targets[:, 1] *= float("inf")
    broken, progress = trained(spec, images, tmp_path / "b")
    assert progress.diverged == ["task2"]
    assert {k: v for k, v in broken.items() if "task2" not in k} == {
        k: v for k, v in healthy.items() if "task2" not in k
    }


def test_many_runs_at_once_give_the_bytes_of_each_alone(data: Path, tmp_path: Path) -> None:
    """More streams are made here than PyTorch has, so that a run that took another's would show."""
    specs = [spec_of(kind, seed=n) for n in range(6) for kind in ("single_task", "multi_head")]
    for folder, together in (("alone", "1"), ("beside", "4")):
        lines = [
            {"spec": s, "out": str(tmp_path / folder / str(n) / "run.json")}
            for n, s in enumerate(specs)
        ]
        inputs = {"dataset": str(data / "d.json"), "targets": str(data / "t.json")}
        jobs = tmp_path / f"{folder}.jsonl"
        jobs.write_text("\n".join(json.dumps(line | inputs) for line in lines))
        assert main(["train", "--jobs", str(jobs), "--together", together]) == 0
    for number in range(len(specs)):
        files = [
            tmp_path / folder / str(number) / "weights.safetensors"
            for folder in ("alone", "beside")
        ]
        assert files[0].read_bytes() == files[1].read_bytes()
