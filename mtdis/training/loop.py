"""The one training loop: batches as index slices, checkpoints by time, resume to the same bytes."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from itertools import count, islice
from math import isfinite
from pathlib import Path
from time import monotonic
from types import ModuleType

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from mtdis import kernels
from mtdis.errors import ConfigError
from mtdis.randomness import generator
from mtdis.specs.run import Run, TrainedRun
from mtdis.specs.stage import TrainedStage
from mtdis.training import interrupts
from mtdis.training.batches import Examples, Images
from mtdis.training.checkpoints import Progress, note_kernels, resume, save
from mtdis.training.devices import device_name, set_precision
from mtdis.training.ensemble import Ensemble, ensemble_of, separate
from mtdis.training.graphs import Graphs, Reused, key_of
from mtdis.training.learner import Learner
from mtdis.training.loss_terms import task_weights
from mtdis.training.networks import Network
from mtdis.training.reports import SILENT, Silence
from mtdis.training.step_modes import (
    EAGER,
    STACKED,
    Eager,
    StepMode,
    autotune,
    believed,
    note_bf16,
    open_modes,
)
from mtdis.training.verification import STEPS, Batches, difference, losses_without_bf16


@dataclass(frozen=True)
class Step:
    """The message of the loop to its observer after each step."""

    images: int
    """Images of the batch, counted once for each network that saw one."""
    loss: Tensor | None
    resumed: bool = False
    """True for the one message that stands for all steps of an earlier process."""


Observer = Callable[[Step], None]
OF_ANOTHER_SEED = "graph of another seed"
END_SECONDS = 10.0
"""A trained network is saved once more if it was not for so long: encoding may last, too."""


def build(run: Run, image_shape: tuple[int, int, int], device: torch.device) -> dict[str, Network]:
    """The networks of a run at their initial values."""
    kind = _kind(run)
    made = {name: kind.build(run, name, image_shape) for name in run.networks}
    return {n: m.to(device=device, memory_format=torch.channels_last) for n, m in made.items()}


def fit(
    run: Run, networks: Mapping[str, Network], images: Images, train_rows: NDArray[np.int64]
) -> None:
    """Find what comes from the training split before any step: the weights of tasks, and what kinds
    that define `fit` take from there.
    """
    kind = _kind(run)
    if hasattr(kind, "fit"):
        for model in networks.values():
            kind.fit(run, model, images, train_rows)
    if getattr(run, "task_weighting", "equal") == "variance":
        assert images.targets is not None
        targets = images.targets[torch.from_numpy(train_rows).to(images.targets.device)]
        for model in networks.values():
            model.get_buffer("task_weights").copy_(task_weights(targets))


def learners_of(run: TrainedRun, networks: Mapping[str, Network]) -> dict[str, Learner]:
    """A learner for each network of a run: the loss of its kind, the settings of the run.

    A kind that says nothing else trains all weights of a network together.
    """
    kind = _kind(run)
    groups = getattr(kind, "parameter_groups", lambda *_: ())
    losses = {name: partial(kind.loss, run, name, model) for name, model in networks.items()}
    return {
        name: Learner(run, model, losses[name], groups(run, name, model), run.draws_noise)
        for name, model in networks.items()
    }


def _kind(run: Run) -> ModuleType:
    return import_module(f"mtdis.training.models.{run.name()}")


@interrupts.saving()
def train(
    spec: TrainedRun | TrainedStage,
    learners: Mapping[str, Learner],
    data: Examples,
    train_rows: NDArray[np.int64],
    checkpoint: Path,
    checkpoint_seconds: float = 300,
    observe: Observer | None = None,
    report: Silence = SILENT,
    graphs: Graphs | None = None,
) -> Progress:
    """Train the modules of the learners in place, on the same batches unless the spec gives each
    network its own; by a graph of an earlier run if `graphs` has one that fits.

    A checkpoint of the same spec at `checkpoint` is resumed; one is written every
    `checkpoint_seconds` (0: every step), and when a signal asks this process to end. Raises
    ConfigError if the training split has fewer rows than one batch.
    """
    steps = steps_of(spec, train_rows)
    progress = _begun(spec, learners, data.device, checkpoint)
    if observe and (progress.epoch or progress.step):
        done = progress.epoch * steps + progress.step
        observe(Step(done * spec.batch_size * len(learners), None, resumed=True))
    report.begin(progress)
    due = _clock()
    ensemble: Ensemble | None = None
    while progress.epoch < spec.epochs and (
        alive := {name: one for name, one in learners.items() if name not in progress.diverged}
    ):
        if ensemble is None or ensemble.names != tuple(alive):
            ensemble, mode = _verified(spec, alive, data, train_rows, progress, graphs)
        for learner, _ in ensemble.learners:
            learner.begin_epoch(progress.epoch)
        for batches in _batches(spec, ensemble, data, train_rows, progress):
            _step(mode, batches, progress, spec.batch_size, observe)
            report.within_epoch(progress)
            if progress.step < steps and due(checkpoint_seconds):
                ensemble.hand_back()
                _save(checkpoint, spec, learners, progress)
        ensemble.hand_back()
        _end_epoch(progress, ensemble.names, steps)
        report.end_epoch(progress)
        if due(checkpoint_seconds):
            _save(checkpoint, spec, learners, progress)
    if due(END_SECONDS):
        save(checkpoint, spec, learners, progress)
    if graphs and ensemble:
        graphs.give(key_of(spec, ensemble.names, data.device), ensemble, mode, progress.execution)
    return progress


def _begun(
    spec: TrainedRun | TrainedStage,
    learners: Mapping[str, Learner],
    device: torch.device,
    checkpoint: Path,
) -> Progress:
    """A training where its checkpoint stands; kernels and precision are noted."""
    progress = resume(checkpoint, spec, learners)
    note_kernels(progress, kernels.in_force(device_name(device)))
    progress.execution["precision"] = set_precision(spec.precision, device)
    return progress


def _save(
    checkpoint: Path,
    spec: TrainedRun | TrainedStage,
    learners: Mapping[str, Learner],
    progress: Progress,
) -> None:
    """Write a checkpoint, and end if a signal has asked for that."""
    save(checkpoint, spec, learners, progress)
    interrupts.end_if_asked()


def _verified(
    spec: TrainedRun | TrainedStage,
    learners: Mapping[str, Learner],
    data: Examples,
    train_rows: NDArray[np.int64],
    progress: Progress,
    graphs: Graphs | None,
) -> tuple[Ensemble, StepMode]:
    """The networks as the spec wants them trained, and how their steps are made: by what is fast,
    if a few steps agree with those of one network after the other.
    """
    own, execution, plain = list(learners.values()), progress.execution, separate(spec, learners)
    trial = list(islice(_coming(spec, plain, data, train_rows, progress.epoch), STEPS))
    graph = graphs and graphs.take(key_of(spec, plain.names, data.device))
    ensemble = Reused(graph.ensemble, learners) if graph else ensemble_of(spec, learners)
    for learner in (*own, *(learner for learner, _ in ensemble.learners)):
        learner.begin_epoch(progress.epoch)
    if graph:
        eager = (plain, Eager(plain, data).step)
        if believed(
            OF_ANOTHER_SEED,
            lambda: difference((ensemble, graph.mode.step), eager, own, trial),
            execution,
        ):
            execution.update(graph.chosen)
            return ensemble, graph.mode
        return _verified(spec, learners, data, train_rows, progress, None)
    if "stacked" in execution.get("failed_step_modes", {}) or not believed(
        STACKED if spec.stacked else EAGER,
        lambda: difference(
            (ensemble, Eager(ensemble, data).step), (plain, Eager(plain, data).step), own, trial
        ),
        execution,
    ):
        ensemble = plain
    if spec.precision == "bf16" and "bf16_losses" not in execution:
        found = losses_without_bf16(ensemble, Eager(ensemble, data).step, own, trial)
        note_bf16(found, execution)
    modes = open_modes(ensemble, data, trial[0])
    return ensemble, autotune(modes, ensemble, own, trial, execution)


def _coming(
    spec: TrainedRun | TrainedStage,
    ensemble: Ensemble,
    data: Examples,
    train_rows: NDArray[np.int64],
    epoch: int,
) -> Iterator[Batches]:
    """The batches from the beginning of an epoch on."""
    for number in count(epoch):
        yield from _batches(spec, ensemble, data, train_rows, Progress(number))


def steps_of(spec: TrainedRun | TrainedStage, train_rows: NDArray[np.int64]) -> int:
    """Number of steps of an epoch; ConfigError if the rows do not fill one batch."""
    steps = len(train_rows) // spec.batch_size
    if steps == 0:
        raise ConfigError(
            f"the training split has {len(train_rows)} rows, fewer than one batch of"
            f" {spec.batch_size}; lower batch_size or take a larger sub-grid"
        )
    return steps


def _clock() -> Callable[[float], bool]:
    """A function that is true when so many seconds have passed since it last was, and when a signal
    asks this process to end.
    """
    last = monotonic()

    def due(seconds: float) -> bool:
        nonlocal last
        if monotonic() - last < seconds and not interrupts.asked():
            return False
        last = monotonic()
        return True

    return due


def _batches(
    spec: TrainedRun | TrainedStage,
    ensemble: Ensemble,
    data: Examples,
    train_rows: NDArray[np.int64],
    progress: Progress,
) -> Iterator[Batches]:
    """The epoch's remaining batches, one per stream of the ensemble.

    An order depends on seed, stream and epoch only.
    """
    streams = tuple(dict.fromkeys(stream for _, stream in ensemble.learners))
    rows = slice(
        progress.step * spec.batch_size, len(train_rows) // spec.batch_size * spec.batch_size
    )
    orders = [
        generator(spec.seed, "batches", *s, progress.epoch).permutation(train_rows)[rows]
        for s in streams
    ]
    raw = [data.raw_batches(torch.from_numpy(order), spec.batch_size) for order in orders]
    return (dict(zip(streams, parts, strict=True)) for parts in zip(*raw, strict=True))


def _step(
    mode: StepMode, batches: Batches, progress: Progress, batch_size: int, observe: Observer | None
) -> None:
    """Make one step of every network that has not diverged."""
    losses = mode.step(batches, (progress.epoch, progress.step))
    progress.sums = (
        losses.clone() if progress.sums is None else progress.sums.to(losses.device) + losses
    )
    progress.step += 1
    if observe:
        observe(Step(batch_size * len(losses), losses[-1]))


def _end_epoch(progress: Progress, names: Sequence[str], steps: int) -> None:
    """Close an epoch: mean losses into the history.

    A network whose loss is not finite takes no more steps.
    """
    assert progress.sums is not None
    for name, total in zip(names, progress.sums.tolist(), strict=True):
        loss = total / steps
        finite = isfinite(loss)
        row = {"network": name, "epoch": progress.epoch + 1, "train_loss": loss if finite else None}
        progress.history.append(row)
        if not finite:
            progress.diverged.append(name)
    progress.sums = None
    progress.epoch, progress.step = progress.epoch + 1, 0
