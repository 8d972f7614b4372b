"""A user's own data for tests: a bead on a coloured ground, of three factors, on a grid with holes.

`python tests/helpers/beads.py FOLDER` writes 500 png images of 32 x 32 pixels and their factor
table.
"""

import csv
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image

SHAPES = ("disc", "ring", "square")
HUES, SIZES = 8, 5


class Bead(NamedTuple):
    """Classes of the factors, and the left and upper end of the bead, which is no factor."""

    shape: int
    hue: int
    size: int
    corner: tuple[float, float]


def beads(count: int, seed: int) -> Iterator[Bead]:
    """So many beads: no large squares, no small rings of the first hues, and the others at random,
    some twice.
    """
    rng = np.random.RandomState(seed)
    while count:
        shape, hue, size = rng.randint(len(SHAPES)), rng.randint(HUES), rng.randint(SIZES)
        if (SHAPES[shape] == "square" and size == SIZES - 1) or (
            SHAPES[shape] == "ring" and size == 0 and hue < 3
        ):
            continue
        count -= 1
        yield Bead(shape, hue, size, (float(rng.rand()), float(rng.rand())))


def draw(bead: Bead, side: int) -> NDArray[np.uint8]:
    """An image (side, side, 3)."""
    radius = side * (0.12 + 0.05 * bead.size)
    centre = [radius + place * (side - 2 * radius) for place in bead.corner]
    down, across = np.mgrid[:side, :side] + 0.5 - np.array(centre)[:, None, None]
    distance = np.maximum(abs(down), abs(across)) if bead.shape == 2 else np.hypot(down, across)
    inside = (distance < radius) & ((bead.shape != 1) | (distance > 0.55 * radius))
    turn = 6 * bead.hue / HUES + np.array([0, 4, 2])
    colour = 255 * np.clip(abs(turn % 6 - 3) - 1, 0, 1)
    return np.where(inside[..., None], colour, 40).astype(np.uint8)


def write_beads(folder: Path, count: int = 500, side: int = 32, seed: int = 1) -> None:
    """Write images/0001.png … and factors.csv: shape as text, hue with its angle in degrees, size
    in pixels.
    """
    (folder / "images").mkdir(parents=True)
    rows: list[dict[str, Any]] = []
    for number, bead in enumerate(beads(count, seed), start=1):
        name = f"{number:04}.png"
        Image.fromarray(draw(bead, side)).save(folder / "images" / name)
        angle = bead.hue * 360 / HUES
        rows.append(
            {
                "image": name,
                "shape": SHAPES[bead.shape],
                "hue": bead.hue,
                "hue_value": angle,
                "size": bead.size,
            }
        )
    with (folder / "factors.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


if __name__ == "__main__":
    write_beads(Path(sys.argv[1]))
