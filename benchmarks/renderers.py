"""Seconds, memory and duplicate images of a rendered dataset, made by `mtdis dataset` in a folder
that is then removed.

python -m benchmarks.renderers NAME [--subgrid FACTOR=CLASSES ...] [--image-size 64] [--folder /tmp]

Two images are the same if they have the same BLAKE2b hash of 128 bits. A pair of duplicates belongs
to a factor if its two rows differ in that factor alone.
"""

import argparse
import json
import sys
import tempfile
from hashlib import blake2b
from pathlib import Path

import h5py
import numpy as np
from numpy.typing import NDArray

from benchmarks.cost import Cost, cost
from mtdis.discover import members
from mtdis.specs.dataset import Dataset, RenderedGrid

HEAD = (
    "| dataset | images | seconds | images/s | peak memory, MiB | duplicate images | duplicate"
    " pairs by factor |"
)
RULE = "|---|---|---|---|---|---|---|"
BLOCK = 4096  # images that are hashed at once


def rendered() -> list[str]:
    """The datasets that are rendered."""
    return [name for name in members("datasets") if issubclass(Dataset.member(name), RenderedGrid)]


def make(spec: RenderedGrid, record: Path) -> Cost:
    """Run `mtdis dataset` on one thread as a process of its own."""
    about = json.dumps({"name": spec.name(), **spec.resolved()})
    command = [sys.executable, "-m", "mtdis.cli", "dataset", "--spec", about, "--out", str(record)]
    return cost(record.parent, command, {"OMP_NUM_THREADS": "1"})


def pictures(data: Path) -> NDArray[np.int64]:
    """A number (N,) for each image of a file; equal for equal images alone."""
    digests: list[bytes] = []
    with h5py.File(data) as file:
        images = file["images"]
        for start in range(0, len(images), BLOCK):
            digests += (
                blake2b(image.data, digest_size=16).digest()
                for image in images[start : start + BLOCK]
            )
    return np.unique(np.array(digests, dtype="V16"), return_inverse=True)[1].reshape(-1)


def pairs(numbers: NDArray[np.int64], sizes: tuple[int, ...]) -> list[int]:
    """For each factor of a complete grid, the pairs of rows with one picture that differ in it
    alone.
    """
    grid = numbers.reshape(sizes)
    lines = [np.moveaxis(grid, axis, 0) for axis in range(len(sizes))]
    return [
        sum(int((line[gap:] == line[:-gap]).sum()) for gap in range(1, len(line))) for line in lines
    ]


def report(spec: RenderedGrid, making: Cost, numbers: NDArray[np.int64]) -> str:
    """A row of the table."""
    repeated = len(numbers) - len(np.unique(numbers))
    by_factor = ", ".join(
        f"{f} {n:,}" for f, n in zip(spec.names, pairs(numbers, spec.sizes), strict=True) if n
    )
    size = f"{spec.image_size}×{spec.image_size}"
    rate = f"{making.seconds:.1f} | {len(numbers) / making.seconds:,.0f} | {making.mebibytes:,.0f}"
    return (
        f"| {spec.name()}, {size} | {len(numbers):,} | {rate} | {repeated:,} |"
        f" {by_factor or 'none'} |"
    )


def kept(text: str) -> tuple[str, int]:
    """FACTOR=CLASSES."""
    factor, _, classes = text.partition("=")
    return factor, int(classes)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("name", choices=rendered())
    parser.add_argument("--subgrid", nargs="+", type=kept, default=[], metavar="FACTOR=CLASSES")
    parser.add_argument("--image-size", type=int, default=64)
    parser.add_argument(
        "--folder", type=Path, help="where to make the folder (default: that of temporary files)"
    )
    args = parser.parse_args()
    spec = Dataset.member(args.name).parse(
        {"image_size": args.image_size, "subgrid": dict(args.subgrid)}
    )
    assert isinstance(spec, RenderedGrid)
    with tempfile.TemporaryDirectory(dir=args.folder) as folder:
        record = Path(folder) / "dataset.json"
        making = make(spec, record)
        numbers = pictures(record.with_suffix(".h5"))
    print(f"{HEAD}\n{RULE}\n{report(spec, making, numbers)}", flush=True)


if __name__ == "__main__":
    main()
