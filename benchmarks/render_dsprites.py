"""Seconds and memory to render dSprites into an HDF5 file, beside a plain numpy renderer in the
same run.

python -m benchmarks.render_dsprites [--rows N]
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import h5py
import numpy as np
from numpy.typing import NDArray

from benchmarks.table import Row
from mtdis.artifacts.provenance import peak_memory
from mtdis.data.rendering import dsprites as ours
from mtdis.specs.grids import DSPRITES

CHUNK = 8192
NUMPY_ROWS = 8192  # the alternative is too slow for the full grid


def rows(count: int) -> NDArray[np.float64]:
    """Raw values (count, 6) of rows spread evenly over the full grid, in its order."""
    index = np.arange(count) * DSPRITES.count // count
    classes = np.unravel_index(index, DSPRITES.sizes)
    return np.stack([np.array(v)[c] for v, c in zip(DSPRITES.values, classes, strict=True)], axis=1)


def render_numpy(values: NDArray[np.float64], size: int) -> NDArray[np.uint8]:
    """The same images by testing every pixel of every image, without a loop."""
    unit = size / ours.NATIVE_SIZE
    shape, scale, angle, pos_x, pos_y = (column[:, None, None] for column in values.T[1:])
    pixel = (np.arange(size) + 0.5) / unit
    dx = (pixel[None, None, :] - ours.FIRST_CENTRE - ours.TRAVEL * pos_x) / scale
    dy = (pixel[None, :, None] - ours.FIRST_CENTRE - ours.TRAVEL * pos_y) / scale
    x = np.cos(angle) * dx - np.sin(angle) * dy
    down = np.sin(angle) * dx + np.cos(angle) * dy
    square = np.maximum(abs(x), abs(down)) <= ours.HALF_SIDE
    ellipse = (x / ours.HALF_WIDTH) ** 2 + (down / ours.HALF_HEIGHT) ** 2 <= 1
    inside = np.select([shape == 1, shape == 2], [square, ellipse], heart(x, -down))
    return inside.astype(np.uint8)[..., None]


def heart(x: NDArray[np.float64], up: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Whether points are between the two boundaries at their |x|, from the curve as it is usually
    written.
    """
    t = np.arcsin(np.cbrt(np.minimum(abs(x) / ours.HEART_WIDTH, 1)))
    even = -5 * np.cos(2 * t) - np.cos(4 * t)
    odd = 13 * np.cos(t) - 2 * np.cos(3 * t)
    level = (up - ours.HEART_RAISE) / ours.HEART_HEIGHT
    return (abs(x) <= ours.HEART_WIDTH) & (even - odd <= level) & (level <= even + odd)


def stream(values: NDArray[np.float64], file: Path) -> None:
    """Render chunk by chunk into one data set of a new file."""
    with h5py.File(file, "w") as h5:
        images = h5.create_dataset(
            "images", (len(values), 64, 64, 1), np.uint8, chunks=(64, 64, 64, 1)
        )
        for start in range(0, len(values), CHUNK):
            images[start : start + CHUNK] = ours.render(values[start : start + CHUNK], 64)


def seconds(action: Callable[[], object]) -> float:
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def report(name: str, count: int, duration: float) -> None:
    sys.stdout.write(
        f"{name:<28}{count:>8} images {duration:>8.2f} s {count / duration:>9.0f} images/s\n"
    )


def measure(repeats: int = 3) -> Iterator[Row]:
    """Images per second of both renderers on rows spread over the grid."""
    some = rows(NUMPY_ROWS)
    parts = np.array_split(some, len(some) // 256)
    ours.render(some[:1], 64)  # compiles
    own = [len(some) / seconds(lambda: ours.render(some, 64)) for _ in range(repeats)]
    plain = [
        len(some) / seconds(lambda: [render_numpy(p, 64) for p in parts]) for _ in range(repeats)
    ]
    yield Row("rendering dSprites, 64x64", "images/s", own, plain, "plain numpy")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--rows", type=int, default=DSPRITES.count, help="images to render (default: the full grid)"
    )
    values = rows(parser.parse_args().rows)
    compiling = seconds(lambda: ours.render(values[:1], 64))
    with tempfile.TemporaryDirectory() as folder:
        streaming = seconds(lambda: stream(values, Path(folder) / "images.h5"))
    peak = peak_memory()
    report("ours, streamed to HDF5", len(values), streaming)
    some = rows(NUMPY_ROWS)
    report("ours, in memory", len(some), seconds(lambda: ours.render(some, 64)))
    parts = np.array_split(some, len(some) // 256)
    report("numpy, in memory", len(some), seconds(lambda: [render_numpy(p, 64) for p in parts]))
    wrong = sum(int((render_numpy(p, 64) != ours.render(p, 64)).sum()) for p in parts)
    sys.stdout.write(
        f"compile or load {compiling:.2f} s; peak memory {peak:.0f} MiB; pixels that differ"
        f" {wrong}\n"
    )


if __name__ == "__main__":
    main()
