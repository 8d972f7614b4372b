"""No kind leaves a tensor on the CPU: forward passes on a GPU that PyTorch only pretends to have.

Fake tensors know their device and shape alone. A build of PyTorch without CUDA makes no gradients
on such a device, so that what is shown is the forward pass.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import torch
from helpers.small_study import spec_of
from torch import Tensor, nn
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.overrides import TorchFunctionMode

from mtdis import discover
from mtdis.specs.run import FactorRun, HeadsRun, Run, TrainedRun
from mtdis.training import loop
from mtdis.training.batches import Images
from mtdis.training.ensemble import ensemble_of
from mtdis.training.learner import Learner, Moment

CPU, GPU = torch.device("cpu"), torch.device("cuda:0")
KINDS = [
    kind
    for kind in discover.names("mtdis.specs.models")
    if not issubclass(Run.member(kind), FactorRun)
]


class Rewritten(TorchFunctionMode):
    """Indexing, and a change of layout, as the operations that they stand for: Python's own ask
    for the device.
    """

    def __torch_function__(
        self, function: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:
        if function is Tensor.contiguous:
            return torch.clone(*args, **kwargs)
        if function is not Tensor.__getitem__:
            return function(*args, **(kwargs or {}))
        tensor, index = args
        if isinstance(index, tuple) and index and isinstance(index[0], range):
            rows = [torch.tensor(list(part), device=tensor.device) for part in index]
            return torch.ops.aten.index.Tensor(tensor, rows)
        dim = 0
        for part in index if isinstance(index, tuple) else (index,):
            if isinstance(part, int):
                tensor = torch.select(tensor, dim, part)
            elif part is None:
                tensor, dim = torch.unsqueeze(tensor, dim), dim + 1
            else:
                assert part == slice(None)
                dim += 1
        return tensor


@contextmanager
def pretended() -> Iterator[None]:
    """Tensors that are made here lie on devices that need not be there; real ones are refused."""
    with torch.no_grad(), FakeTensorMode(allow_non_fake_inputs=False), Rewritten():
        yield


def moved(module: nn.Module) -> None:
    """Move a module as `Module.to` does: its parameters and buffers, and no other attribute."""
    for part in module.modules():
        for held in (part._parameters, part._buffers):
            for name, tensor in held.items():
                if tensor is not None:
                    there = torch.empty(tensor.shape, dtype=tensor.dtype, device=GPU)
                    of_module = isinstance(tensor, nn.Parameter)
                    held[name] = nn.Parameter(there) if of_module else there


def run_of(kind: str, **fields: Any) -> Run:
    """A small run of a kind."""
    known = {"kind", *Run.member(kind).model_fields}
    return Run.from_fields({k: v for k, v in spec_of(kind, **fields).items() if k in known})


def forward(run: Run, change: Callable[[nn.Module], None] = lambda _: None) -> None:
    """A forward pass of each network of a run: codes, predictions, and the loss of its kind."""
    networks = loop.build(run, run.dataset.image_shape, CPU)
    with pretended():
        for model in networks.values():
            moved(model)
            change(model)
        raw = torch.empty((16, *run.dataset.image_shape), dtype=torch.uint8, device=GPU)
        targets = (
            torch.empty((16, run.target_count), device=GPU) if isinstance(run, HeadsRun) else None
        )
        images = Images(raw, 255, targets)
        for model in networks.values():
            codes = model.codes(images.scaled(raw))
            heads = getattr(model, "heads", None)
            assert {codes.device, *([heads(codes).device] if heads else [])} == {GPU}
        if isinstance(run, TrainedRun):
            learners = ensemble_of(run, loop.learners_of(run, networks)).learners
            for learner, _ in learners:
                assert all(loss.device == GPU for loss in losses(learner, images))


def losses(learner: Learner, images: Images) -> tuple[Tensor, ...]:
    """The losses of all images."""
    moment = [(0, 0)] if learner.draws_noise else []
    found = learner.loss(*images.prepare(images.arrays), *moment)
    return found if isinstance(found, tuple) else (found,)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_computes_where_its_images_are(kind: str) -> None:
    forward(run_of(kind))


@pytest.mark.parametrize("fused", ["none", "stacked"])
@pytest.mark.parametrize(
    "fields", [{"code_noise": 0.1}, {"code_penalty": 0.1}, {"task_weighting": "variance"}]
)
def test_every_term_of_a_loss_does(fields: dict[str, Any], fused: str) -> None:
    forward(run_of("single_task", fused=fused, **fields))


def drawn_on_the_cpu(codes: Tensor, seed: int, moment: Moment) -> Tensor:
    return torch.ones(codes.shape)


@pytest.mark.parametrize("kind", ["vae", "factor_vae"])
def test_noise_that_stays_on_the_cpu_is_found(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(f"mtdis.training.models.{kind}.noise_like", drawn_on_the_cpu)
    with pytest.raises(RuntimeError, match="found at least two devices"):
        forward(run_of(kind))


def test_a_tensor_that_is_no_parameter_and_no_buffer_is_found() -> None:
    """`Module.to` leaves it where it was; real, or made in the forward pass."""

    def hold(model: nn.Module) -> None:
        weights = model.get_buffer("task_weights")
        del model._buffers["task_weights"]
        model.task_weights = torch.ones(weights.shape)

    run = run_of("multi_head", task_weighting="variance")
    with pytest.raises(RuntimeError, match="found at least two devices"):
        forward(run, hold)
