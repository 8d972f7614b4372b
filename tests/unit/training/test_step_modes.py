"""Steps by a captured graph, its operations replayed on the CPU; the choice of a step mode, and its
verification.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import ANY

import pytest
import torch
from helpers.op_graph import OperationRecorder, graphs_by
from helpers.small_study import spec_of
from helpers.training_runs import trained, weights
from torch import Tensor, nn

from mtdis.specs.run import Run
from mtdis.training import loop as training
from mtdis.training import step_modes
from mtdis.training.batches import Images
from mtdis.training.ensemble import Separate
from mtdis.training.learner import Learner
from mtdis.training.run import load
from mtdis.training.step_modes import (
    WARM_UP,
    Branched,
    Work,
    record_graph,
)
from mtdis.training.verification import undone


@pytest.fixture
def images(data: Path) -> Images:
    return load(data / "d.json", data / "t.json", torch.device("cpu"))


def broken(work: Work) -> tuple[Tensor, Callable[[], None]]:
    work()
    raise RuntimeError("operation not permitted when stream is capturing\nmore")


def stacked(fused: str) -> dict[str, Any]:
    """What is recorded of stacked networks, which are verified too."""
    return {"stacked": {"losses": ANY, "weights": ANY}} if fused == "stacked" else {}


@pytest.mark.parametrize("fused", ["none", "stacked"])
@pytest.mark.usefixtures("graphs_win", "rates_on_the_device")
def test_a_captured_training_gives_the_bytes_of_an_eager_one(
    fused: str, images: Images, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Run.from_fields(spec_of("single_task", fused=fused))
    eager, expected = trained(run, images, tmp_path / "a")
    record = OperationRecorder()
    monkeypatch.setattr(training, "open_modes", graphs_by(record))
    captured, progress = trained(run, images, tmp_path / "b")
    assert weights(captured) == weights(eager)
    assert progress.history == expected.history
    assert progress.execution == {
        "precision": "fp32",
        "step_mode": "graph",
        "autotune": {"eager": 1.0, "graph": 2.0},
        "verified": {"graph": {"losses": 0.0, "weights": 0.0}} | stacked(fused),
    }
    assert record.records == 1


@pytest.mark.usefixtures("graphs_win", "rates_on_the_device")
def test_a_divergence_records_again_without_timing_again(
    images: Images, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    images.targets[:, 1] *= float("inf")
    run = Run.from_fields(spec_of("single_task"))
    eager, _ = trained(run, images, tmp_path / "a")
    record = OperationRecorder()
    monkeypatch.setattr(training, "open_modes", graphs_by(record))
    captured, progress = trained(run, images, tmp_path / "b")
    assert weights(captured) == weights(eager)
    assert (progress.execution["step_mode"], record.records) == ("graph", 2)


@pytest.mark.usefixtures("graphs_win")
def test_what_cannot_be_captured_is_trained_eagerly_and_said(
    images: Images,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    run = Run.from_fields(spec_of("multi_head"))
    eager, _ = trained(run, images, tmp_path / "a")
    monkeypatch.setattr(training, "open_modes", graphs_by(broken))
    fallen_back, progress = trained(run, images, tmp_path / "b")
    assert weights(fallen_back) == weights(eager)
    reason = "operation not permitted when stream is capturing"
    assert progress.execution["step_mode"] == "eager"
    assert progress.execution["failed_step_modes"] == {"graph": reason}
    assert capsys.readouterr().err == f"steps are not made by 'graph': {reason}\n"


RUN = Run.from_fields(spec_of("multi_head", learning_rate=0.1))


def ensemble_with(learner: Learner) -> Separate:
    return Separate({"a": learner, "b": learner}, {"a": (), "b": ()})


def loss(inputs: Tensor, targets: Tensor) -> Tensor:
    return (inputs - targets).square().mean()


def test_graphs_are_open_to_a_gpu_and_to_steps_without_noise_only(images: Images) -> None:
    gpu: Any = SimpleNamespace(device=torch.device("cuda"))
    plain, noisy = (
        ensemble_with(Learner(RUN, nn.Linear(2, 1), loss, draws_noise=draws))
        for draws in (False, True)
    )
    assert set(step_modes.open_modes(plain, gpu, {})) == {"eager", "graph", "graph with streams"}
    assert set(step_modes.open_modes(noisy, gpu, {})) == {"eager"}
    assert set(step_modes.open_modes(plain, images, {})) == {"eager"}


def test_what_autotuning_does_is_undone_in_place() -> None:
    module = nn.Linear(3, 1)
    learner = Learner(RUN, module, lambda x, y: (module(x) - y).square().mean())
    inputs, targets = torch.ones(4, 3), torch.zeros(4, 1)
    for first in (True, False):  # before there are moments, and when there are some
        before = [p.detach().clone() for p in module.parameters()]
        state = {
            k: {n: t.clone() for n, t in s.items()} for k, s in learner.optimisers[0].state.items()
        }
        addresses = [p.data_ptr() for p in module.parameters()]
        with undone([learner]):
            for _ in range(4):
                learner.step(inputs, targets, (0, 0))
            assert not torch.equal(module.weight, before[0])
        assert all(torch.equal(a, b) for a, b in zip(module.parameters(), before, strict=True))
        assert [p.data_ptr() for p in module.parameters()] == addresses
        for key, held in learner.optimisers[0].state.items():
            assert all(
                torch.equal(t, state[key][n]) if state else not t.any() for n, t in held.items()
            )
        assert bool(state) is not first
        learner.step(inputs, targets, (0, 0))


class Streams:
    """Stands for torch.cuda on a machine without a GPU: work runs at once, and what waits for what
    is written down.
    """

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.said: list[tuple[str, ...]] = []
        self.made = 0
        self.current = self.stream()
        self.default = self.current
        self.priorities: list[int] = []
        patch.setattr(torch.cuda, "Stream", self.dealt)
        patch.setattr(torch.cuda, "current_stream", lambda *_: self.current)
        patch.setattr(torch.cuda, "default_stream", lambda *_: self.default)
        patch.setattr(torch.cuda, "set_stream", self.enter)
        patch.setattr(torch.cuda, "stream", self.on)
        patch.setattr(
            torch.cuda,
            "CUDAGraph",
            lambda: SimpleNamespace(replay=lambda: self.said.append(("replay",))),
        )
        patch.setattr(torch.cuda, "graph", self.capture)

    def stream(self) -> Any:
        name, self.made = f"s{self.made}", self.made + 1
        return SimpleNamespace(
            name=name, wait_stream=lambda other: self.said.append((name, "waits for", other.name))
        )

    def dealt(self, _device: Any = None, priority: int = 0) -> Any:
        self.priorities.append(priority)
        return self.stream()

    def enter(self, stream: Any) -> None:
        self.current = stream

    @contextmanager
    def on(self, stream: Any) -> Iterator[None]:
        before, self.current = self.current, stream
        yield
        self.current = before

    @contextmanager
    def capture(self, graph: Any, stream: Any, capture_error_mode: str) -> Iterator[None]:
        assert hasattr(graph, "replay")
        assert capture_error_mode == "thread_local"
        self.said.append(("capture", stream.name))
        self.current = stream  # and, as PyTorch's own, not left when the block fails
        yield


def test_branches_fork_from_the_batch_and_join_before_the_losses(
    images: Images, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Run.from_fields(spec_of("single_task"))
    eager, _ = trained(run, images, tmp_path / "a")
    streams = Streams(monkeypatch)
    monkeypatch.setattr(
        training,
        "open_modes",
        lambda ensemble, data, _: {"eager": lambda: Branched(ensemble, data)},
    )
    branched, _ = trained(run, images, tmp_path / "b")
    assert weights(branched) == weights(eager)
    forks = [(f"s{n}", "waits for", "s0") for n in (1, 2, 3)]
    joins = [("s0", "waits for", f"s{n}") for n in (1, 2, 3)]
    assert streams.said == [*forks, *joins] * 8
    assert 0 not in streams.priorities  # none can be the stream that another run trains on


def test_a_graph_is_recorded_after_a_warm_up_on_the_same_stream(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    streams = Streams(monkeypatch)
    seen: list[str] = []

    def work() -> Tensor:
        seen.append(streams.current.name)
        return torch.zeros(1)

    _, replay = record_graph(work)
    replay()
    assert seen == ["s1"] * (WARM_UP + 1)
    assert streams.said == [
        ("s1", "waits for", "s0"),
        ("s0", "waits for", "s1"),
        ("capture", "s1"),
        ("replay",),
    ]
    assert streams.current.name == "s0"


def test_a_run_with_a_stream_of_its_own_is_recorded_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """PyTorch deals out 32 streams in turn: a new one may be that of another run, whose work would
    be captured.
    """
    streams = Streams(monkeypatch)
    streams.enter(streams.stream())
    record_graph(lambda: torch.zeros(1))
    assert ("capture", "s1") in streams.said
    assert streams.priorities == []
    assert streams.current.name == "s1"


def test_a_capture_that_fails_leaves_the_stream_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    streams = Streams(monkeypatch)

    def work() -> Tensor:
        if ("capture", "s1") in streams.said:
            raise RuntimeError("not permitted")
        return torch.zeros(1)

    with pytest.raises(RuntimeError, match="not permitted"):
        record_graph(work)
    assert streams.current.name == "s0"
