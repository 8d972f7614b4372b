"""What each precision sets, what it changes, and that it is said."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from helpers.small_study import spec_of
from helpers.training_runs import trained, weights
from torch import nn

from mtdis.specs.ids import full_id, identify
from mtdis.specs.run import Run
from mtdis.training.batches import Images
from mtdis.training.devices import set_precision
from mtdis.training.learner import Learner
from mtdis.training.run import load

CPU, GPU = torch.device("cpu"), torch.device("cuda")


@pytest.fixture
def images(data: Path) -> Images:
    return load(data / "d.json", data / "t.json", CPU)


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    yield
    set_precision("fp32", CPU)


def products() -> set[str]:
    return {torch.backends.cuda.matmul.fp32_precision, torch.backends.cudnn.conv.fp32_precision}


@pytest.mark.parametrize(
    ("precision", "supported", "set_to", "in_force"),
    [
        ("tf32", True, "tf32", "tf32"),
        ("tf32", False, "ieee", "fp32"),
        ("fp32", True, "ieee", "fp32"),
        ("bf16", True, "tf32", "bf16"),
        ("bf16", False, "ieee", "bf16"),
    ],
)
def test_a_gpu_is_set_to_the_precision_and_it_is_named(
    precision: str, supported: bool, set_to: str, in_force: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "is_tf32_supported", lambda: supported)
    assert set_precision(precision, GPU) == in_force
    assert products() == {set_to}


def test_a_cpu_has_no_tf32() -> None:
    assert set_precision("tf32", CPU) == "fp32"
    assert products() == {"ieee"}


def test_on_a_cpu_tf32_and_fp32_are_one_and_bf16_another(images: Images, tmp_path: Path) -> None:
    runs = {
        p: Run.from_fields(spec_of("multi_head", precision=p)) for p in ("tf32", "fp32", "bf16")
    }
    found = {p: trained(run, images, tmp_path / p) for p, run in runs.items()}
    assert weights(found["tf32"][0]) == weights(found["fp32"][0]) != weights(found["bf16"][0])
    assert {p: progress.execution["precision"] for p, (_, progress) in found.items()} == {
        "tf32": "fp32",
        "fp32": "fp32",
        "bf16": "bf16",
    }
    losses = {p: progress.history[-1]["train_loss"] for p, (_, progress) in found.items()}
    assert losses["bf16"] == pytest.approx(losses["fp32"], rel=0.02)
    assert losses["bf16"] != losses["fp32"]


def test_under_bf16_weights_stay_fp32_and_products_do_not() -> None:
    module, seen = nn.Linear(4, 2), []

    def loss(inputs: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
        seen.append(module(inputs).dtype)
        return (module(inputs) - targets).square().mean()

    learner = Learner(Run.from_fields(spec_of("multi_head", precision="bf16")), module, loss)
    assert learner.step(torch.ones(3, 4), torch.zeros(3, 2), (0, 0)).dtype == torch.float32
    assert seen == [torch.bfloat16]
    assert (
        {p.dtype for p in module.parameters()}
        == {p.grad.dtype for p in module.parameters()}
        == {torch.float32}
    )


def test_the_defaults_leave_ids_as_they_were() -> None:
    plain = Run.from_fields(spec_of("single_task"))
    stated = Run.from_fields(
        spec_of("single_task", precision="tf32", fused="none", batch_order="shared")
    )
    assert identify(stated) == identify(plain)
    other = Run.from_fields(spec_of("single_task", precision="bf16", fused="stacked"))
    assert "precision=bf16" in full_id(other)
    assert "fused=stacked" in full_id(other)
