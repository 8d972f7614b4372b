"""A short training of one run on made-up images, to see how fast it goes; nothing of it is kept."""

import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from time import monotonic
from typing import Any

import numpy as np
import torch

from mtdis.randomness import generator
from mtdis.specs.run import HeadsRun, TrainedRun
from mtdis.training import loop as training
from mtdis.training.batches import Images
from mtdis.training.devices import device_name, set_up

BATCHES = 8
"""Different batches that are made up; they are seen again and again."""
WARM_UP = 3
"""Steps before the clock starts: the first ones allocate, compile and choose."""


class _Enough(Exception):  # noqa: N818 - ends the loop, nothing is wrong
    """The time is over."""


def timed(spec: TrainedRun, seconds: float) -> dict[str, Any]:
    """Train for some seconds; kind, device, images that the networks saw, and seconds taken."""
    device = set_up(spec.torch_threads, spec.needs_gpu)
    images = made_up(spec, device)
    clock = _Clock(seconds)
    endless = spec.model_copy(update={"epochs": sys.maxsize})
    learners = training.learners_of(spec, training.build(spec, spec.dataset.image_shape, device))
    rows = np.arange(len(images.pixels))
    with tempfile.TemporaryDirectory() as folder, suppress(_Enough):
        training.train(endless, learners, images, rows, Path(folder, "none"), float("inf"), clock)
    return {
        "kind": spec.name(),
        "device": device_name(device),
        "images": clock.images,
        "seconds": clock.seconds,
    }


def made_up(spec: TrainedRun, device: torch.device) -> Images:
    """A few batches of random images of the dataset's shape, and targets for kinds with
    heads.
    """
    draw = generator(spec.seed, "pilot")
    count = BATCHES * spec.batch_size
    pixels = draw.integers(
        0, spec.dataset.white, (count, *spec.dataset.image_shape), np.uint8, endpoint=True
    )
    targets = (
        draw.standard_normal((count, spec.target_count), np.float32)
        if isinstance(spec, HeadsRun)
        else None
    )
    there = torch.from_numpy(pixels).to(device)
    return Images(
        there, spec.dataset.white, None if targets is None else torch.from_numpy(targets).to(device)
    )


class _Clock:
    """Counts images once the warm-up is over, and ends the loop when the time is."""

    def __init__(self, limit: float) -> None:
        self.limit, self.steps, self.images = limit, 0, 0
        self.begun, self.started, self.seconds = monotonic(), 0.0, 0.0

    def __call__(self, step: training.Step) -> None:
        """Count a step; at least one is counted however short the time is."""
        self.steps += 1
        over = monotonic() - self.begun >= self.limit
        if self.steps <= WARM_UP:
            _wait(step)
            self.started = monotonic()
            return
        self.images += step.images
        if over:
            _wait(step)
            self.seconds = monotonic() - self.started
            raise _Enough


def _wait(step: training.Step) -> None:
    """Fetch the loss: a GPU has done the step when it is there."""
    if step.loss is not None:
        float(step.loss.sum())
