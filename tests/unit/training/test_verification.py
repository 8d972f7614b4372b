"""A wrong way to make steps is found before it is used, and nothing is left of the trial."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from helpers.op_graph import OperationGraph, OperationRecorder, graphs_by
from helpers.small_study import spec_of
from helpers.training_runs import trained, weights
from safetensors.torch import load_file
from torch import Tensor

from mtdis.specs.run import Run
from mtdis.training import ensemble, step_modes, verification
from mtdis.training import loop as training
from mtdis.training.batches import Images
from mtdis.training.checkpoints import Progress
from mtdis.training.learner import Moment
from mtdis.training.run import load
from mtdis.training.step_modes import Captured
from mtdis.training.verification import TOLERANCES, Batches, Difference


@pytest.fixture
def images(data: Path) -> Images:
    return load(data / "d.json", data / "t.json", torch.device("cpu"))


OPTIMISERS: dict[str, dict[str, Any]] = {
    "adam": {},
    "sgd": {"optimiser": "sgd", "momentum": 0.9, "learning_rate": 1e-4},
}


class StaleBatches(Captured):
    """Replays on the batches that it was recorded with."""

    def step(self, batches: Batches, moment: Moment) -> Tensor:
        del batches, moment
        self.replay()
        return self.losses


def without_waiting_for_the_batch(graph: OperationGraph) -> None:
    """The kernels of the networks run before the batch is prepared: they see the one before."""
    first = graph.names.index("aten::convolution")
    graph.calls = graph.calls[first:] + graph.calls[:first]


def without_waiting_for_the_losses(graph: OperationGraph) -> None:
    """The losses are joined before they are computed: they are those of the step before."""
    assert graph.names[-1] == "aten::cat"
    graph.calls = graph.calls[-1:] + graph.calls[:-1]


def without_one_update(graph: OperationGraph) -> None:
    """The kernel that moves the weights of one of three networks is never launched."""
    last = max(n for n, name in enumerate(graph.names) if name == "aten::_fused_adam_")
    del graph.calls[last]


def as_recorded(graph: OperationGraph) -> None:
    """No harm is done."""


def refused(progress: Progress) -> str:
    """The reason why a graph was not used."""
    assert progress.execution["step_mode"] == "eager"
    assert set(progress.execution["verified"]) == {"graph"}
    return str(progress.execution["failed_step_modes"]["graph"])


@pytest.mark.slow
@pytest.mark.usefixtures("graphs_win", "rates_on_the_device")
@pytest.mark.parametrize(
    ("optimiser", "capture", "harm"),
    [
        ("adam", StaleBatches, as_recorded),
        ("adam", Captured, without_waiting_for_the_batch),
        ("adam", Captured, without_waiting_for_the_losses),
        ("adam", Captured, without_one_update),
        ("sgd", StaleBatches, as_recorded),
        ("sgd", Captured, without_waiting_for_the_batch),
    ],
)
def test_a_wrong_graph_is_not_used(
    optimiser: str,
    capture: type[Captured],
    harm: Callable[[OperationGraph], None],
    images: Images,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    run = Run.from_fields(spec_of("single_task", **OPTIMISERS[optimiser]))
    eager, _ = trained(run, images, tmp_path / "a")
    monkeypatch.setattr(training, "open_modes", graphs_by(OperationRecorder(harm), capture))
    found, progress = trained(run, images, tmp_path / "b")
    assert weights(found) == weights(eager)
    assert refused(progress).startswith("they differ from eager ones, in losses by ")
    assert f"steps are not made by 'graph': {refused(progress)}\n" in capsys.readouterr().err


@pytest.mark.usefixtures("graphs_win")
def test_a_rate_that_is_baked_in_is_found(
    images: Images, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The losses of the first steps may agree; the way that the weights went does not."""
    run = Run.from_fields(spec_of("multi_head"))
    eager, _ = trained(run, images, tmp_path / "a")
    monkeypatch.setattr(training, "open_modes", graphs_by(OperationRecorder()))
    found, progress = trained(run, images, tmp_path / "b")
    assert weights(found) == weights(eager)
    assert "in weights by " in refused(progress)
    # two steps of four were ten times as long as they should be
    assert 0.5 < progress.execution["verified"]["graph"]["weights"] < 1.0


@pytest.mark.slow
@pytest.mark.usefixtures("graphs_win", "rates_on_the_device")
@pytest.mark.parametrize(
    "fields", [{}, {"fused": "stacked"}, OPTIMISERS["sgd"], {"weight_decay": 0.1}]
)
def test_a_trial_leaves_everything_as_it_was(
    fields: dict[str, Any], images: Images, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The bytes of a training that was not verified, step for step the same batches, and the
    generators of PyTorch and numpy where they stood.
    """
    run = Run.from_fields(spec_of("single_task", **fields))
    monkeypatch.setattr(training, "open_modes", graphs_by(OperationRecorder()))
    seen: dict[str, list[bytes]] = {}
    real = training._step

    def trained_in(folder: str) -> tuple[dict[str, bytes], list[dict[str, Any]]]:
        seen[folder] = []

        def step(mode: Any, batches: Batches, *given: Any) -> None:
            seen[folder] += [raw[0].numpy().tobytes() for raw in batches.values()]
            real(mode, batches, *given)

        with monkeypatch.context() as patch:
            patch.setattr(training, "_step", step)
            networks, progress = trained(run, images, tmp_path / folder, checkpoint_seconds=0)
        return weights(networks), progress.history

    torch.manual_seed(7)
    state, numpy_state = torch.get_rng_state(), np.random.get_state()[1].tobytes()
    verified = trained_in("a")
    assert torch.equal(torch.get_rng_state(), state)
    assert np.random.get_state()[1].tobytes() == numpy_state
    monkeypatch.setattr(training, "believed", lambda *_: True)
    monkeypatch.setattr(step_modes, "believed", lambda *_: True)
    assert trained_in("b") == verified
    assert seen["a"] == seen["b"]
    a, b = (load_file(tmp_path / folder / "checkpoint") for folder in ("a", "b"))
    assert {k: v.numpy().tobytes() for k, v in a.items()} == {
        k: v.numpy().tobytes() for k, v in b.items()
    }


@pytest.mark.slow
def test_networks_that_are_stacked_wrongly_are_trained_one_after_the_other(
    images: Images,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    plain, _ = trained(Run.from_fields(spec_of("single_task")), images, tmp_path / "a")
    run = Run.from_fields(spec_of("single_task", fused="stacked"))
    right, progress = trained(run, images, tmp_path / "b")
    assert "failed_step_modes" not in progress.execution
    assert progress.execution["verified"]["stacked"]["losses"] <= TOLERANCES["fp32"].losses
    real = ensemble.StackedNetwork.predict_from

    def of_the_next_network(self: Any, codes: Tensor) -> Tensor:
        return real(self, codes.roll(1, 0))

    monkeypatch.setattr(ensemble.StackedNetwork, "predict_from", of_the_next_network)
    found, progress = trained(run, images, tmp_path / "c")
    assert weights(found) == weights(plain) != weights(right)
    assert set(progress.execution["failed_step_modes"]) == {"stacked"}
    assert "steps are not made by 'stacked': they differ from eager" in capsys.readouterr().err


def test_losses_under_bf16_are_held_against_fp32(
    images: Images,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    run = Run.from_fields(spec_of("multi_head", precision="bf16"))
    expected, progress = trained(run, images, tmp_path / "a")
    found = progress.execution["bf16_losses"]
    assert 0 < found < verification.BF16_LOSSES
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(step_modes, "BF16_LOSSES", found / 2)
    warned, _ = trained(run, images, tmp_path / "b")
    assert weights(warned) == weights(expected)
    assert (
        "under bf16 the losses of the first steps differ from those under fp32 by"
        f" {found:.2g}, more than"
    ) in capsys.readouterr().err


@pytest.mark.parametrize(
    ("found", "expected", "scale", "relative"),
    [
        ([1.0, 2.0], [1.0, 2.0], [0.0, 0.0], 0.0),
        ([3.0, 4.0], [0.0, 0.0], [5.0, 0.0], 1.0),
        ([1.0, 2.0], [1.0, 3.0], [0.0, 0.0], float("inf")),  # it did not move, and should not have
        ([float("nan"), 1.0], [float("inf"), 1.0], [1.0, 1.0], 0.0),  # both have diverged
        ([float("nan"), 1.0], [2.0, 1.0], [1.0, 1.0], float("inf")),
    ],
)
def test_differences_are_relative_and_what_diverges_in_both_agrees(
    found: list[float], expected: list[float], scale: list[float], relative: float
) -> None:
    given = (torch.tensor(each) for each in (found, expected, scale))
    assert verification._relative(*given) == relative


def test_a_difference_has_to_be_small_in_both() -> None:
    most = Difference(0.1, 0.2)
    assert Difference(0.1, 0.2).within(most)
    assert not Difference(0.11, 0.0).within(most)
    assert not Difference(0.0, 0.21).within(most)
