"""Training steps of each kind, ours beside the authors' style: python -m benchmarks.training
[--epochs N]

Authors' style (read in the released code, written anew): a DataLoader that turns one image at a
time into a float tensor, batches in channel order, a Python loop over separate heads, plain Adam,
the loss fetched at every step. Random images of the paper's size (64×64, 3 channels), ten tasks,
batches of 256; one thread on both sides.
"""

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from itertools import pairwise
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

from benchmarks.table import Row
from mtdis.specs.run import Run, TaskRun
from mtdis.training import loop as training
from mtdis.training.batches import Images
from mtdis.training.devices import set_up
from mtdis.training.networks import CONV_CHANNELS

TASKS, BATCH, COUNT = 10, 256, 2048
CPU = torch.device("cpu")
KINDS = {"single_task": 2, "multi_head": 1, "one_head": 1}
"""Kinds, and how many networks of each are trained here."""


class OneByOne(Dataset[tuple[Tensor, Tensor]]):
    """Images (C, S, S) as float and their targets, one at a time."""

    def __init__(self, pixels: np.ndarray, targets: np.ndarray) -> None:
        self.pixels, self.targets = pixels, targets

    def __len__(self) -> int:
        return len(self.pixels)

    def __getitem__(self, row: int) -> tuple[Tensor, Tensor]:
        image = torch.from_numpy(self.pixels[row].transpose(2, 0, 1).astype(np.float32) / 255)
        return image, torch.from_numpy(self.targets[row])


def plain_head(outputs: int) -> nn.Sequential:
    """A head of Table 3."""
    sizes = (8, 300, 300, 300)
    hidden = [m for i, o in pairwise(sizes) for m in (nn.Linear(i, o), nn.ReLU())]
    return nn.Sequential(*hidden, nn.Linear(300, outputs))


def authors_loss(kind: str, heads: nn.ModuleList, codes: Tensor, targets: Tensor) -> Tensor:
    """Every head is run, its error weighted: by one-hot weights for a single task."""
    if kind == "one_head":
        return nn.functional.mse_loss(heads[0](codes), targets)
    errors = [
        nn.functional.mse_loss(head(codes)[:, 0], targets[:, t]) for t, head in enumerate(heads)
    ]
    return errors[0] + 0 * sum(errors[1:]) if kind == "single_task" else sum(errors[1:], errors[0])


def authors(
    kind: str,
    pixels: np.ndarray,
    targets: np.ndarray,
    steps: int,
    device: torch.device = CPU,
    batch: int = BATCH,
) -> Callable[[], None]:
    """Steps of one network in the authors' style."""
    convolutions = [
        nn.Conv2d(i, o, 4, stride=2, padding=1) for i, o in pairwise((3, *CONV_CHANNELS))
    ]
    layers = [layer for convolution in convolutions for layer in (convolution, nn.ReLU())]
    encoder = nn.Sequential(*layers, nn.Flatten(), nn.Linear(CONV_CHANNELS[-1], 8))
    heads = nn.ModuleList(
        plain_head(TASKS) if kind == "one_head" else plain_head(1) for _ in range(TASKS)
    )
    heads = heads[:1] if kind == "one_head" else heads
    encoder, heads = encoder.to(device), heads.to(device)
    optimiser = torch.optim.Adam([*encoder.parameters(), *heads.parameters()], lr=1e-3)

    def run() -> None:
        total = 0.0
        for images, wanted in _first(
            DataLoader(OneByOne(pixels, targets), batch, shuffle=True, drop_last=True), steps
        ):
            loss = authors_loss(kind, heads, encoder(images.to(device)), wanted.to(device))
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            total += loss.item()

    return run


def _first(
    loader: DataLoader[tuple[Tensor, Tensor]], steps: int
) -> Iterator[tuple[Tensor, Tensor]]:
    done = 0
    while done < steps:
        for batch in loader:
            yield batch
            done += 1
            if done == steps:
                return


def ours(kind: str, pixels: np.ndarray, targets: np.ndarray, steps: int) -> Callable[[], None]:
    """As many steps of the package's own loop."""
    fields = {
        "dataset": "dsprites_rendered",
        "seed": 1,
        "epochs": steps * BATCH // len(pixels) or 1,
    }
    run = Run.member(kind).parse(fields | {"tasks": {"count": TASKS}})
    assert isinstance(run, TaskRun)
    networks = dict(list(training.build(run, (64, 64, 3), CPU).items())[: KINDS[kind]])
    learners = training.learners_of(run, networks)
    images = Images(torch.from_numpy(pixels), 255, torch.from_numpy(targets))

    def go() -> None:
        with tempfile.TemporaryDirectory() as folder:
            training.train(
                run, learners, images, np.arange(len(pixels)), Path(folder) / "none", 1e9
            )

    return go


def measure(epochs: int = 2, repeats: int = 3) -> Iterator[Row]:
    """Images per second and network of each kind; each side in a process of its own, in turns."""
    spawn = get_context("spawn")
    with (
        ProcessPoolExecutor(1, spawn) as their_process,
        ProcessPoolExecutor(1, spawn) as our_process,
    ):
        for kind, networks in KINDS.items():
            rates: list[tuple[float, float]] = []
            for _ in range(repeats):
                theirs = their_process.submit(authors_rate, kind, epochs).result()
                rates.append(
                    (our_process.submit(our_rate, kind, epochs).result() * networks, theirs)
                )
            fast, slow = zip(*rates, strict=True)
            yield Row(f"training {kind}, 64x64x3", "images/s", fast, slow, "authors' style", goal=2)


def authors_rate(kind: str, epochs: int) -> float:
    """Images per second in the authors' style."""
    torch.set_num_threads(1)
    return _rate(authors, kind, epochs)


def our_rate(kind: str, epochs: int) -> float:
    """Images per second of our loop, set up as a run sets it up."""
    set_up(threads=1, needs_gpu=False)
    return _rate(ours, kind, epochs)


def _rate(
    side: Callable[[str, np.ndarray, np.ndarray, int], Callable[[], None]], kind: str, epochs: int
) -> float:
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (COUNT, 64, 64, 3), dtype=np.uint8)
    targets = rng.normal(size=(COUNT, TASKS)).astype(np.float32)
    steps = epochs * COUNT // BATCH
    action = side(kind, pixels, targets, steps)
    start = time.perf_counter()
    action()
    return steps * BATCH / (time.perf_counter() - start)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--epochs", type=int, default=2, help=f"passes over {COUNT} images (default 2)"
    )
    for row in measure(parser.parse_args().epochs):
        print(row)


if __name__ == "__main__":
    main()
