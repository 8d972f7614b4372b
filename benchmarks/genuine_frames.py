"""A contact sheet genuine | ours | difference of the frames whose factors are known, and how far
apart they are.

python -m benchmarks.genuine_frames shapes3d OUT.png

The genuine frames stay outside the project, in ../shared/genuine; nothing of them is written but
the sheet.
"""

import argparse
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageSequence

from mtdis.data.rendering import shapes3d as shapes3d_renderer
from mtdis.specs.grids import SHAPES3D

ROOT = Path(__file__).parents[1]
GENUINE = ROOT.parent / "shared" / "genuine"
COLUMNS, ZOOM = 10, 2
MOVING = 20
"""By how much of 255 a pixel differs from the median of all frames where something moves."""
Frames = tuple[NDArray[np.uint8], NDArray[np.uint8]]


def mpi3d(style: str) -> Frames:
    """Genuine and own frames (N, 64, 64, 3) of one kind: the tiles of its GIF with known
    classes.
    """
    known = json.loads((ROOT / "tests/data/mpi3d_gif_classes.json").read_text())
    with Image.open(GENUINE / f"mpi3d_{style}1.gif") as gif:
        film = np.stack([np.array(frame.convert("RGB")) for frame in ImageSequence.Iterator(gif)])
    corners = np.array(known["tile_corners"])
    tiles = np.stack([film[:, row : row + 64, column : column + 64] for row, column in corners])
    classes = np.array(known[style]["classes"], dtype=float)
    renderer = import_module(f"mtdis.data.rendering.mpi3d_{style}")
    return tiles.reshape(-1, 64, 64, 3), renderer.render(classes.reshape(-1, 7), 64)


def shapes3d() -> Frames:
    """Genuine and own frames (53, 64, 64, 3): the GIF shows each pixel enlarged, so its middle is
    taken.
    """
    known = json.loads((ROOT / "tests/data/shapes3d_gif_classes.json").read_text())
    with Image.open(GENUINE / "3dshapes.gif") as gif:
        film = np.stack([np.array(frame.convert("RGB")) for frame in ImageSequence.Iterator(gif)])
    rows, columns = (
        (first + known["pixel"] * np.arange(64)).astype(int) for first in known["first_pixel"]
    )
    classes = np.array(known["classes"])
    values = np.stack(
        [np.array(v)[c] for v, c in zip(SHAPES3D.values, classes.T, strict=True)], axis=1
    )
    return film[:, rows][:, :, columns], shapes3d_renderer.render(values, 64)


DATASETS: dict[str, Callable[[], Frames]] = {
    "mpi3d_toy": lambda: mpi3d("toy"),
    "mpi3d_real": lambda: mpi3d("real"),
    "shapes3d": shapes3d,
}


def matched(name: str) -> Frames:
    """Genuine and own frames (N, H, W, 3) of a dataset, in 0..255."""
    return DATASETS[name]()


@dataclass(frozen=True)
class Errors:
    """Mean absolute differences from genuine frames, of 255."""

    everywhere: float
    """Flattered by a background that all frames share."""
    worst: float
    """Of the worst frame."""
    moving: float
    """On the pixels that move: those more than MOVING from the median frame."""
    median_moving: float
    """Of the median frame on the same pixels: what one scores who draws nothing that moves."""
    share: float
    """Of the pixels that move."""


def errors(genuine: NDArray[np.uint8], ours: NDArray[np.uint8]) -> Errors:
    """How far own frames (N, H, W, 3) are from the genuine ones."""
    truth = genuine.astype(np.float64)
    difference, median = np.abs(truth - ours), np.abs(truth - np.median(truth, axis=0))
    moving = median.max(axis=-1) > MOVING
    return Errors(
        everywhere=float(difference.mean()),
        worst=float(difference.mean(axis=(1, 2, 3)).max()),
        moving=float(difference[moving].mean()),
        median_moving=float(median[moving].mean()),
        share=float(moving.mean()),
    )


def sheet(genuine: NDArray[np.uint8], ours: NDArray[np.uint8]) -> Image.Image:
    """Rows of frames, each thrice: genuine, ours, and the absolute difference."""
    difference = np.abs(genuine.astype(int) - ours).astype(np.uint8)
    padding = ((0, -len(genuine) % COLUMNS), (0, 0), (0, 0), (0, 0))
    rows = [
        np.pad(part, padding).reshape(-1, COLUMNS, *part.shape[1:])
        for part in (genuine, ours, difference)
    ]
    stacked = np.stack(rows, axis=1).transpose(0, 1, 3, 2, 4, 5)
    picture = Image.fromarray(stacked.reshape(-1, COLUMNS * genuine.shape[2], 3))
    return picture.resize((ZOOM * picture.width, ZOOM * picture.height), Image.Resampling.NEAREST)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("name", choices=sorted(DATASETS))
    parser.add_argument("out", type=Path, help="picture to write")
    args = parser.parse_args()
    if not GENUINE.is_dir():
        parser.error(f"the genuine frames are missing: there is no {GENUINE}")
    genuine, ours = matched(args.name)
    sheet(genuine, ours).save(args.out)
    found = errors(genuine, ours)
    sys.stdout.write(
        f"{args.name}: {len(genuine)} frames, mean absolute difference {found.everywhere:.2f} of"
        f" 255, in the worst frame {found.worst:.2f}; on the {found.share:.1%} of pixels that move"
        f" {found.moving:.1f}, the median frame {found.median_moving:.1f}\n"
    )


if __name__ == "__main__":
    main()
