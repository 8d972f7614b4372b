"""Loading a prepared dataset, checked, beside plain reads of the same file: python -m
benchmarks.loading

Beside h5py's read of the whole array with its checksum taken afterwards, the file in memory; and
beside a read of the bare file into memory, which checks nothing, the file out of the system's
memory: that is the disk's speed. The command also prints the memory that loading takes in a fresh
process.
"""

import json
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from hashlib import sha256
from multiprocessing import get_context
from pathlib import Path

import h5py
import numpy as np

from benchmarks.table import Row
from mtdis.artifacts import datasets
from mtdis.artifacts.provenance import peak_memory
from mtdis.specs.dataset import Dataset

SUBGRID = {"scale": 1}
"""122,880 images of 64×64: 0.5 GB."""
CHUNK = 8192


def write(folder: Path) -> Path:
    """The record of a dataset of random pixels."""
    spec = Dataset.from_fields({"name": "dsprites_rendered", "subgrid": SUBGRID})
    rng, factors = np.random.default_rng(0), (spec.count, len(spec.names))
    classes, values = np.zeros(factors, np.int64), np.zeros(factors)
    starts = range(0, spec.count, CHUNK)
    parts = ((classes[s : s + CHUNK], values[s : s + CHUNK]) for s in starts)
    chunks = ((rng.integers(0, 256, (len(c), *spec.image_shape), np.uint8), c, v) for c, v in parts)
    datasets.write_dataset(folder / "d.json", spec, chunks, "random")
    return folder / "d.json"


def ours(record: Path) -> None:
    datasets.read_dataset(record, "images")


def read_then_check(record: Path) -> None:
    """The whole array by h5py, then its checksum."""
    with h5py.File(record.with_suffix(".h5")) as file:
        images = file["images"][()]
    if sha256(images.data).hexdigest() != json.loads(record.read_text())["sha256"]["images"]:
        raise ValueError(record)


def plain_read(record: Path) -> None:
    """The bytes of the file into fresh memory."""
    np.fromfile(record.with_suffix(".h5"), np.uint8)


def forget(record: Path) -> None:
    """Drop the file from the system's memory, so that the next read comes from the disk."""
    descriptor = os.open(record.with_suffix(".h5"), os.O_RDONLY)
    os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
    os.close(descriptor)


def rate(action: Callable[[Path], None], record: Path, prepare: Callable[[Path], None]) -> float:
    """Megabytes of the file per second."""
    prepare(record)
    start = time.perf_counter()
    action(record)
    return record.with_suffix(".h5").stat().st_size / 1e6 / (time.perf_counter() - start)


def measure(repeats: int = 5) -> Iterator[Row]:
    """Megabytes per second of both sides, in turns."""
    with tempfile.TemporaryDirectory() as folder:
        record = write(Path(folder))
        ours(record)  # first use of the memory, which a virtual machine has to ask its host for
        for state, prepare, other, name, goal in (
            ("in memory", plain_read, read_then_check, "h5py, then sha256", None),
            ("on disk", forget, plain_read, "plain read, unchecked", 1),
        ):
            pairs = [
                (rate(ours, record, prepare), rate(other, record, prepare)) for _ in range(repeats)
            ]
            yield Row(
                f"loading a dataset of 0.5 GB {state}",
                "MB/s",
                *zip(*pairs, strict=True),
                name,
                goal,
            )


def memory(record: Path) -> tuple[int, int]:
    """Bytes of the array, and by how much loading it raised this process's largest use of memory
    (Linux).
    """
    before = peak_memory()
    size = datasets.read_dataset(record, "images").nbytes
    return size, round(2**20 * (peak_memory() - before))


def main() -> None:
    for row in measure():
        print(row)
    with (
        tempfile.TemporaryDirectory() as folder,
        ProcessPoolExecutor(1, get_context("spawn")) as fresh,
    ):
        size, peak = fresh.submit(memory, write(Path(folder))).result()
    print(
        f"memory: {peak / 2**20:.0f} MiB for an array of {size / 2**20:.0f} MiB, {peak / size:.3f}"
        " times its size"
    )


if __name__ == "__main__":
    main()
