"""Trainings of small runs inside a test: their networks, their bytes, and a stop as by a kill."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch

from mtdis.data.split import split_rows
from mtdis.specs.run import Run
from mtdis.training import loop as training
from mtdis.training.batches import Images
from mtdis.training.checkpoints import Progress
from mtdis.training.devices import set_up


def networks_of(run: Run, images: Images) -> dict[str, Any]:
    return training.build(run, tuple(images.pixels.shape[1:]), torch.device("cpu"))


def trained(
    run: Run, images: Images, folder: Path, **options: Any
) -> tuple[dict[str, Any], Progress]:
    set_up(run.torch_threads, run.needs_gpu)
    networks = networks_of(run, images)
    rows = split_rows(len(images.pixels))["train"]
    training.fit(run, networks, images, rows)
    learners = training.learners_of(run, networks)
    return networks, training.train(run, learners, images, rows, folder / "checkpoint", **options)


def weights(networks: dict[str, Any]) -> dict[str, bytes]:
    return {
        f"{n}.{k}": v.numpy().tobytes()
        for n, m in networks.items()
        for k, v in m.state_dict().items()
    }


def kill_at(stop: int) -> Iterator[training.Observer]:
    """An observer that stops the loop after that many steps, as a kill would: without saving."""
    count = 0

    def observe(step: training.Step) -> None:
        nonlocal count
        count += not step.resumed
        if count == stop:
            raise KeyboardInterrupt

    yield observe
