"""The one training loop: batches as index slices, checkpoints by time, resume to the same bytes."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from time import monotonic
from types import ModuleType

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mtdis.checkpoints import Progress, resume, save
from mtdis.errors import ConfigError
from mtdis.examples import Examples
from mtdis.learner import Learner
from mtdis.networks import Network
from mtdis.specs.run import Run, TrainedRun
from mtdis.streams import generator


@dataclass(frozen=True)
class Step:
    """What the loop tells its observer after each step."""

    images: int
    """Images of the batch, counted once for each network that saw them."""
    loss: Tensor | None
    resumed: bool = False
    """Whether this stands for all the steps that an earlier process made."""


Observer = Callable[[Step], None]


def build(run: Run, image_shape: tuple[int, int, int], device: torch.device) -> dict[str, Network]:
    """The networks of a run at their initial values."""
    kind = _kind(run)
    made = {name: kind.build(run, name, image_shape) for name in run.networks}
    return {n: m.to(device=device, memory_format=torch.channels_last) for n, m in made.items()}


def learners_of(run: TrainedRun, networks: Mapping[str, Network]) -> dict[str, Learner]:
    """What trains each network of a run."""
    kind = _kind(run)
    return {name: kind.learner(run, name, model) for name, model in networks.items()}


def _kind(run: Run) -> ModuleType:
    return import_module(f"mtdis.models.{run.name()}")


def train(
    spec: TrainedRun,
    learners: Mapping[str, Learner],
    data: Examples,
    train_rows: NDArray[np.int64],
    checkpoint: Path,
    checkpoint_seconds: float = 300,
    observe: Observer | None = None,
) -> Progress:
    """Train the modules of the learners in place, all on the same batches.

    A checkpoint of the same spec at `checkpoint` is resumed; one is written every `checkpoint_seconds` (0: every step).
    Raises ConfigError if the training split has fewer rows than one batch.
    """
    steps = len(train_rows) // spec.batch_size
    if steps == 0:
        raise ConfigError(
            f"the training split has {len(train_rows)} rows, fewer than one batch of {spec.batch_size}; "
            "lower batch_size or take a larger sub-grid"
        )
    progress = resume(checkpoint, spec, learners)
    saved = monotonic()
    if observe and (progress.epoch or progress.step):
        done = progress.epoch * steps + progress.step
        observe(Step(done * spec.batch_size * len(learners), None, resumed=True))
    while progress.epoch < spec.epochs:
        for learner in learners.values():
            learner.begin_epoch(progress.epoch)
        for rows in _batches(spec, train_rows, progress, data.device):
            _step(learners, data, rows, progress, observe)
            if progress.step < steps and monotonic() - saved >= checkpoint_seconds:
                save(checkpoint, spec, learners, progress)
                saved = monotonic()
        _end_epoch(progress, learners, steps)
        if monotonic() - saved >= checkpoint_seconds:
            save(checkpoint, spec, learners, progress)
            saved = monotonic()
    return progress


def _batches(
    spec: TrainedRun, train_rows: NDArray[np.int64], progress: Progress, device: torch.device
) -> Iterator[Tensor]:
    """Row indices of the epoch's remaining batches; the order depends on seed and epoch only."""
    order = generator(spec.seed, "batches", progress.epoch).permutation(train_rows)
    rows = torch.from_numpy(order).to(device)
    for start in range(progress.step, len(train_rows) // spec.batch_size):
        yield rows[start * spec.batch_size : (start + 1) * spec.batch_size]


def _step(
    learners: Mapping[str, Learner], data: Examples, rows: Tensor, progress: Progress, observe: Observer | None
) -> None:
    """One step of every network that has not diverged, on the same batch."""
    inputs, targets = data.examples(rows)
    alive = [n for n in learners if n not in progress.diverged]
    loss = None
    for name in alive:
        loss = learners[name].step(inputs, targets, (progress.epoch, progress.step))
        progress.sums[name] = progress.sums.get(name, 0) + loss.double()
    progress.step += 1
    if observe:
        observe(Step(len(rows) * len(alive), loss))


def _end_epoch(progress: Progress, learners: Mapping[str, Learner], steps: int) -> None:
    """Close an epoch: mean losses into the history; a network whose loss is not finite takes no more steps."""
    for name in (n for n in learners if n not in progress.diverged):
        loss = float(progress.sums[name]) / steps
        finite = bool(np.isfinite(loss))
        row = {"network": name, "epoch": progress.epoch + 1, "train_loss": loss if finite else None}
        progress.history.append(row)
        if not finite:
            progress.diverged.append(name)
    progress.sums.clear()
    progress.epoch, progress.step = progress.epoch + 1, 0
