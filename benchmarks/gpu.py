"""Training on a GPU, authors' style beside ours in each precision and step mode: python -m
benchmarks gpu

Both sides in one process, in turns: authors' style as in `benchmarks.training` with its batches
moved to the GPU and PyTorch's default precision; ours through the package's learners, step modes
and resident uint8 images. Random images of 64×64 and 3 channels, ten tasks, batches of 256. Beside
each rate its floating-point operations per second, and the rate of square matrix products in that
precision, measured in the same process. A csv with all of it goes to $OUT, or to
benchmarks/results. On its own, with other sizes: python -m benchmarks.gpu --help
"""

import argparse
import csv
import os
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import date
from itertools import cycle, islice
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from benchmarks.table import HEAD, Row
from benchmarks.training import TASKS, authors
from mtdis.specs.run import Run, TaskRun
from mtdis.training import loop as training
from mtdis.training.batches import Images
from mtdis.training.devices import set_precision, set_up
from mtdis.training.ensemble import ensemble_of
from mtdis.training.networks import TaskNetwork
from mtdis.training.step_modes import open_modes

ON_REQUEST = True
"""Not among the benchmarks that run when none is named."""
SIZE, CHANNELS = 64, 3
SETTINGS = [
    ("multi_head", "none"),
    ("one_head", "none"),
    ("single_task", "none"),
    ("single_task", "stacked"),
]
"""Kinds and how their networks are fused."""
PRECISIONS = ("fp32", "tf32", "bf16")


@dataclass(frozen=True)
class Sizes:
    """How much is measured."""

    images: int = 16_384
    batch: int = 256
    steps: int = 200
    authors_steps: int = 40
    matrix: int = 8192
    repeats: int = 3


@dataclass(frozen=True)
class Line:
    """A line of the csv: rates are model-images per second, each image counted once per network."""

    date: str
    device: str
    torch: str
    kind: str
    networks: int
    batch: int
    precision: str
    step_mode: str
    rate_worst: float
    rate_best: float
    authors_worst: float
    authors_best: float
    ratio: float
    mflop_per_image: float
    tflops: float
    matrix_tflops: float


def measure() -> Iterator[Row]:
    """The whole benchmark on this machine's GPU; SystemExit where there is none."""
    if not torch.cuda.is_available():
        raise SystemExit(
            f"benchmarks gpu needs a CUDA device; PyTorch {torch.__version__} finds none here."
        )
    yield from measure_on(torch.device("cuda"), Sizes())


def measure_on(device: torch.device, sizes: Sizes) -> Iterator[Row]:
    """The rows of a device; the csv is written in the end."""
    set_up(torch.get_num_threads(), needs_gpu=device.type == "cuda")
    pixels, targets = random_data(sizes.images)
    data = Images(torch.from_numpy(pixels).to(device), 255, torch.from_numpy(targets).to(device))
    matrix = {precision: matrix_rate(device, precision, sizes.matrix) for precision in PRECISIONS}
    for precision, found in matrix.items():
        print(
            f"matrix products of {sizes.matrix}², {precision}: {found:.1f} TFLOP/s",
            file=sys.stderr,
            flush=True,
        )
    lines: list[Line] = []
    for kind, fused in SETTINGS:
        theirs = [authors_rate(kind, pixels, targets, device, sizes) for _ in range(sizes.repeats)]
        for precision in PRECISIONS:
            run = run_of_kind(kind, fused, precision, sizes)
            for mode, rates in our_rates(run, data, sizes).items():
                name = f"stacked {mode}" if fused == "stacked" else mode
                lines.append(line_of(run, name, rates, theirs, matrix[precision], device))
                yield Row(
                    f"training {kind} ×{len(run.networks)}, {precision}, {name},"
                    f" {lines[-1].tflops:.3g} of {matrix[precision]:.3g} TFLOP/s",
                    "images/s",
                    rates,
                    theirs,
                    "authors' style",
                )
    write(lines)


def random_data(count: int) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Random images and targets."""
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (count, SIZE, SIZE, CHANNELS), dtype=np.uint8)
    return pixels, rng.normal(size=(count, TASKS)).astype(np.float32)


def run_of_kind(kind: str, fused: str, precision: str, sizes: Sizes) -> TaskRun:
    """A run with the paper's settings."""
    fields = {
        "dataset": "dsprites_rendered",
        "seed": 1,
        "tasks": {"count": TASKS},
        "batch_size": sizes.batch,
    }
    fused_field = {"fused": fused} if kind == "single_task" else {}
    run = Run.member(kind).parse(fields | fused_field | {"precision": precision})
    assert isinstance(run, TaskRun)
    return run


def our_rates(run: TaskRun, data: Images, sizes: Sizes) -> dict[str, list[float]]:
    """Model-images per second of each step mode, over the repeats; modes take turns.

    One that can't be made is left out.
    """
    set_up(torch.get_num_threads(), needs_gpu=data.device.type == "cuda")
    set_precision(run.precision, data.device)
    networks = training.build(run, (SIZE, SIZE, CHANNELS), data.device)
    ensemble = ensemble_of(run, training.learners_of(run, networks))
    first, *_ = data.raw_batches(torch.arange(sizes.batch), sizes.batch)
    modes = {}
    for name, make in open_modes(ensemble, data, {(): first}).items():
        try:
            modes[name] = make()
        except RuntimeError as error:
            print(f"{run.name()}: no {name}: {error}", file=sys.stderr)
    rates: dict[str, list[float]] = {name: [] for name in modes}
    for _ in range(sizes.repeats):
        for name, mode in modes.items():
            for steps in (max(1, sizes.steps // 10), sizes.steps):  # the first ones are not kept
                start = time.perf_counter()
                for raw in islice(_endless(data, sizes), steps):
                    losses = mode.step({(): raw}, (0, 0))
                losses.tolist()  # waits for the device
                rate = steps * sizes.batch * len(run.networks) / (time.perf_counter() - start)
            rates[name].append(rate)
    return rates


def _endless(data: Images, sizes: Sizes) -> Iterator[tuple[Tensor, ...]]:
    """Batches in random order, epoch after epoch."""
    generator = torch.Generator().manual_seed(0)
    whole = sizes.images // sizes.batch * sizes.batch
    for _ in cycle((0,)):
        yield from data.raw_batches(
            torch.randperm(sizes.images, generator=generator)[:whole], sizes.batch
        )


def authors_rate(
    kind: str,
    pixels: NDArray[np.uint8],
    targets: NDArray[np.float32],
    device: torch.device,
    sizes: Sizes,
) -> float:
    """Images per second of one network in the authors' style.

    More networks are trained one after the other.
    """
    torch.backends.cuda.matmul.fp32_precision = "ieee"  # PyTorch's defaults, whatever ran before
    torch.backends.cudnn.conv.fp32_precision = "tf32"
    torch.backends.cudnn.deterministic = False
    authors(kind, pixels, targets, 1, device, sizes.batch)()
    action = authors(kind, pixels, targets, sizes.authors_steps, device, sizes.batch)
    start = time.perf_counter()
    action()
    return sizes.authors_steps * sizes.batch / (time.perf_counter() - start)


def matrix_rate(device: torch.device, precision: str, size: int) -> float:
    """TFLOP/s of square matrix products in a precision."""
    set_precision(precision, device)
    kind = torch.bfloat16 if precision == "bf16" else torch.float32
    a, b = (torch.randn(size, size, device=device, dtype=kind) for _ in range(2))
    rounds = 10
    for count in (2, rounds):
        start = time.perf_counter()
        for _ in range(count):
            product = a @ b
        product[0, 0].item()  # waits for the device
        seconds = time.perf_counter() - start
    return 2 * size**3 * rounds / seconds / 1e12


def operations(network: TaskNetwork, trained_heads: int) -> int:
    """Floating-point operations of one training step per image: two per product and sum, three
    passes over each layer.

    The first layer has no gradient for its input. Only the heads in the loss are counted.
    """
    side, layers = SIZE, []
    for layer in network.encoder:
        if isinstance(layer, nn.Conv2d):
            side //= 2
            layers.append(side**2 * layer.weight.numel())
        elif isinstance(layer, nn.Linear):
            layers.append(layer.weight.numel())
    assert network.heads is not None
    layers += [trained_heads * weight[0].numel() for weight in network.heads.weights]
    return 6 * sum(layers) - 2 * layers[0]


def line_of(
    run: TaskRun,
    step_mode: str,
    rates: Sequence[float],
    theirs: Sequence[float],
    matrix: float,
    device: torch.device,
) -> Line:
    """A line of the csv."""
    network = next(iter(training.build(run, (SIZE, SIZE, CHANNELS), torch.device("cpu")).values()))
    assert isinstance(network, TaskNetwork)
    heads = TASKS if run.name() == "multi_head" else 1
    flop = operations(network, heads)
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else "cpu"
    return Line(
        str(date.today()),
        name,
        torch.__version__,
        run.name(),
        len(run.networks),
        run.batch_size,
        run.precision,
        step_mode,
        round(min(rates), 1),
        round(max(rates), 1),
        round(min(theirs), 1),
        round(max(theirs), 1),
        round(max(rates) / max(theirs), 2),
        round(flop / 1e6, 1),
        round(max(rates) * flop / 1e12, 3),
        round(matrix, 3),
    )


def write(lines: Sequence[Line]) -> Path:
    """The csv, in $OUT or benchmarks/results."""
    folder = Path(os.environ.get("OUT") or Path(__file__).parent / "results")
    path = folder / f"{date.today()}-gpu.csv"
    with path.open("w", newline="") as stream:
        writer = csv.DictWriter(stream, [field.name for field in fields(Line)], lineterminator="\n")
        writer.writeheader()
        writer.writerows(asdict(line) for line in lines)
    print(f"written: {path}", file=sys.stderr)
    return path


def main() -> None:
    default = "cuda" if torch.cuda.is_available() else "cpu"
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--device", default=default, help=f"cuda or cpu (default here: {default})")
    for field in fields(Sizes):
        parser.add_argument(f"--{field.name.replace('_', '-')}", type=int, default=field.default)
    args = vars(parser.parse_args())
    device = torch.device(args.pop("device"))
    print(HEAD)
    for row in measure_on(device, Sizes(**args)):
        print(row, flush=True)


if __name__ == "__main__":
    main()
