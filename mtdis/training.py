"""The one training loop: resident images, batches as index slices, checkpoints by time, resume to the same bytes."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from ctypes import CDLL
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from time import monotonic
from types import ModuleType
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from mtdis.artifacts import atomic
from mtdis.errors import ConfigError
from mtdis.networks import TaskNetwork
from mtdis.specs.identity import canonical
from mtdis.specs.run import Run, TaskRun
from mtdis.streams import generator

ENCODE_BATCH = 4096
"""Images encoded at once: fixed, so that the bits of the codes do not depend on memory."""


@dataclass(frozen=True)
class Images:
    """A dataset on a device: pixels (N, S, S, C) uint8, the value of white, and targets (N, T) float32 or None."""

    pixels: Tensor
    white: int
    targets: Tensor | None

    def batch(self, rows: Tensor) -> Tensor:
        """Images (B, C, S, S) of these rows in 0..1; cast before permuting, which leaves them channels-last."""
        return self.pixels[rows].to(torch.float32).div_(self.white).permute(0, 3, 1, 2)


@dataclass
class Progress:
    """Where a training stands; with the networks and optimisers it is all that a checkpoint holds."""

    epoch: int = 0
    step: int = 0
    history: list[dict[str, Any]] = field(default_factory=list)
    diverged: list[str] = field(default_factory=list)
    sums: dict[str, Tensor] = field(default_factory=dict)
    """Loss of each network summed over the steps of the epoch so far; on the device, so that no step waits for it."""
    seconds_before: float = 0.0
    """What the training took before this process resumed it."""
    started: float = field(default_factory=monotonic)


@dataclass(frozen=True)
class Step:
    """What the loop tells its observer after each step."""

    images: int
    """Images of the batch, counted once for each network that saw them."""
    loss: Tensor | None
    resumed: bool = False
    """Whether this stands for all the steps that an earlier process made."""


M_TRIM_THRESHOLD, M_TOP_PAD, M_MMAP_MAX = -1, -2, -4
"""Options of glibc's mallopt (malloc.h)."""

Observer = Callable[[Step], None]


def set_up(run: Run) -> torch.device:
    """Choose the device and fix what its bits depend on: threads, and deterministic kernels."""
    keep_freed_memory()
    torch.set_num_threads(run.torch_threads)
    torch.backends.cudnn.deterministic = True
    torch.backends.cudnn.benchmark = False
    return torch.device("cuda" if run.needs_gpu and torch.cuda.is_available() else "cpu")


def keep_freed_memory() -> None:
    """Tell glibc to keep freed memory: given back, every large activation costs page faults at each step."""
    with suppress(OSError, AttributeError):  # another C library, another allocator
        libc = CDLL(None)
        for option, value in ((M_MMAP_MAX, 0), (M_TRIM_THRESHOLD, 2**31 - 1), (M_TOP_PAD, 2**26)):
            libc.mallopt(option, value)


def build(run: Run, image_shape: tuple[int, int, int], device: torch.device) -> dict[str, TaskNetwork]:
    """The networks of a run at their initial values."""
    kind = _kind(run)
    made = {name: kind.build(run, name, image_shape) for name in run.networks}
    return {n: m.to(device=device, memory_format=torch.channels_last) for n, m in made.items()}


def _kind(run: Run) -> ModuleType:
    return import_module(f"mtdis.models.{run.name()}")


def train(
    run: Run,
    networks: Mapping[str, TaskNetwork],
    images: Images,
    train_rows: NDArray[np.int64],
    checkpoint: Path,
    checkpoint_seconds: float = 300,
    observe: Observer | None = None,
) -> Progress:
    """Train the networks of a run in place, all on the same batches; a kind without tasks is left as it is.

    A checkpoint of the same spec at `checkpoint` is resumed; one is written every `checkpoint_seconds` (0: every step).
    Raises ConfigError if the training split has fewer rows than one batch.
    """
    progress = Progress()
    if not isinstance(run, TaskRun):
        return progress
    steps = len(train_rows) // run.batch_size
    if steps == 0:
        raise ConfigError(
            f"the training split has {len(train_rows)} rows, fewer than one batch of {run.batch_size}; "
            "lower batch_size or take a larger sub-grid"
        )
    optimisers = {n: adam(m, run.learning_rate) for n, m in networks.items()}
    progress = resume(checkpoint, run, networks, optimisers)
    saved = monotonic()
    if observe and (progress.epoch or progress.step):
        done = progress.epoch * steps + progress.step
        observe(Step(done * run.batch_size * len(networks), None, resumed=True))
    while progress.epoch < run.epochs:
        for rows in _batches(run, train_rows, progress, images.pixels.device):
            _step(run, networks, optimisers, images, rows, progress, observe)
            if progress.step < steps and monotonic() - saved >= checkpoint_seconds:
                save(checkpoint, run, networks, optimisers, progress)
                saved = monotonic()
        _end_epoch(progress, networks, steps)
        if monotonic() - saved >= checkpoint_seconds:
            save(checkpoint, run, networks, optimisers, progress)
            saved = monotonic()
    return progress


def adam(model: TaskNetwork, learning_rate: float) -> torch.optim.Adam:
    """The paper's optimiser (section C.1): Adam with betas 0.9 and 0.999."""
    return torch.optim.Adam(model.parameters(), lr=learning_rate, betas=(0.9, 0.999), fused=True)


def _batches(run: TaskRun, train_rows: NDArray[np.int64], progress: Progress, device: torch.device) -> Iterator[Tensor]:
    """Row indices of the epoch's remaining batches; the order depends on seed and epoch only."""
    order = generator(run.seed, "batches", progress.epoch).permutation(train_rows)
    rows = torch.from_numpy(order).to(device)
    for start in range(progress.step, len(train_rows) // run.batch_size):
        yield rows[start * run.batch_size : (start + 1) * run.batch_size]


def _step(
    run: TaskRun,
    networks: Mapping[str, TaskNetwork],
    optimisers: Mapping[str, torch.optim.Adam],
    images: Images,
    rows: Tensor,
    progress: Progress,
    observe: Observer | None,
) -> None:
    """One step of every network that has not diverged, on the same batch."""
    assert images.targets is not None
    batch, targets, kind = images.batch(rows), images.targets[rows], _kind(run)
    alive = [n for n in networks if n not in progress.diverged]
    for name in alive:
        loss = kind.loss(networks[name], name, batch, targets)
        optimisers[name].zero_grad()
        loss.backward()
        optimisers[name].step()
        progress.sums[name] = progress.sums.get(name, 0) + loss.detach().double()
    progress.step += 1
    if observe:
        observe(Step(len(rows) * len(alive), loss.detach() if alive else None))


def _end_epoch(progress: Progress, networks: Mapping[str, TaskNetwork], steps: int) -> None:
    """Close an epoch: mean losses into the history; a network whose loss is not finite takes no more steps."""
    for name in (n for n in networks if n not in progress.diverged):
        loss = float(progress.sums[name]) / steps
        finite = bool(np.isfinite(loss))
        row = {"network": name, "epoch": progress.epoch + 1, "train_loss": loss if finite else None}
        progress.history.append(row)
        if not finite:
            progress.diverged.append(name)
    progress.sums.clear()
    progress.epoch, progress.step = progress.epoch + 1, 0


def save(
    path: Path,
    run: Run,
    networks: Mapping[str, TaskNetwork],
    optimisers: Mapping[str, torch.optim.Adam],
    progress: Progress,
) -> None:
    """Write a checkpoint atomically, as tensors and text."""
    tensors = {f"sum/{n}": total for n, total in progress.sums.items()}
    for name, model in networks.items():
        tensors |= _state(name, model, optimisers[name])
    about = {
        "run": canonical(run), "epoch": progress.epoch, "step": progress.step,
        "history": progress.history, "diverged": progress.diverged,
        "seconds": progress.seconds_before + monotonic() - progress.started,
    }  # fmt: skip
    with atomic(path) as temporary:
        save_file({k: v.contiguous() for k, v in tensors.items()}, temporary, {"about": json.dumps(about)})


def _state(name: str, model: TaskNetwork, optimiser: torch.optim.Adam) -> dict[str, Tensor]:
    """Parameters and, once there are any, Adam's moments and step counts, by name."""
    found = {f"{name}/{key}": value.detach() for key, value in model.named_parameters()}
    for key, parameter in model.named_parameters():
        found |= {f"{name}/{key}/{k}": v for k, v in optimiser.state[parameter].items()}
    return found


def resume(
    path: Path,
    run: Run,
    networks: Mapping[str, TaskNetwork],
    optimisers: Mapping[str, torch.optim.Adam],
) -> Progress:
    """Load a checkpoint of this spec into networks and optimisers in place; without one, start from the beginning."""
    try:
        with safe_open(path, "pt") as file:
            about = json.loads((file.metadata() or {}).get("about", "{}"))
            tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 - not a mapping
    except (FileNotFoundError, SafetensorError):
        return Progress()
    if about.get("run") != canonical(run):
        return Progress()
    for name, model in networks.items():
        _load(name, model, optimisers[name], tensors)
    sums = {k.removeprefix("sum/"): v for k, v in tensors.items() if k.startswith("sum/")}
    return Progress(about["epoch"], about["step"], about["history"], about["diverged"], sums, about["seconds"])


def _load(name: str, model: TaskNetwork, optimiser: torch.optim.Adam, tensors: Mapping[str, Tensor]) -> None:
    """Copy into the existing tensors: their memory layout, which kernels and so bits depend on, stays."""
    for key, parameter in model.named_parameters():
        parameter.data.copy_(tensors[f"{name}/{key}"])
        prefix = f"{name}/{key}/"
        held = {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}
        if held:
            moments = {k: torch.zeros_like(parameter).copy_(held[k]) for k in ("exp_avg", "exp_avg_sq")}
            optimiser.state[parameter] = {"step": held["step"].to(parameter.device)} | moments


@torch.no_grad()
def encode(model: TaskNetwork, images: Images) -> NDArray[np.float32]:
    """Codes (N, D) of all images."""
    count, device = len(images.pixels), images.pixels.device
    chunks = (torch.arange(s, min(s + ENCODE_BATCH, count), device=device) for s in range(0, count, ENCODE_BATCH))
    return torch.cat([model.encoder(images.batch(rows)) for rows in chunks]).cpu().numpy()


@torch.no_grad()
def predict(model: TaskNetwork, codes: NDArray[np.float32], device: torch.device) -> NDArray[np.float32]:
    """Predictions (N, T) from codes (N, D)."""
    assert model.heads is not None
    chunks = torch.split(torch.from_numpy(codes), ENCODE_BATCH)
    return torch.cat([model.heads(chunk.to(device)) for chunk in chunks]).cpu().numpy()


def device_name(device: torch.device) -> str:
    """The device in words, for the log and the record."""
    if device.type == "cuda":
        return f"cuda ({torch.cuda.get_device_name(device)})"
    return f"cpu ({torch.get_num_threads()} thread{'s' if torch.get_num_threads() > 1 else ''})"
