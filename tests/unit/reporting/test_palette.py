"""Colours of kinds stay apart for readers who see no red or no green."""

from itertools import combinations

import numpy as np
import pytest
from numpy.typing import NDArray

from mtdis.reporting.drawing.style import row_colour
from mtdis.reporting.labels import kinds

Array = NDArray[np.float64]
SEEN: dict[str, Array] = {
    "all colours": np.eye(3),
    "no green (deuteranopia)": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
    "no red (protanopia)": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
}
"""What is seen of linear RGB: Machado, Oliveira, Fernandes 2009, severity 1."""
XYZ = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.072175],
        [0.0193339, 0.119192, 0.9503041],
    ]
)
WHITE = np.array([0.95047, 1.0, 1.08883])
APART = 10.0
"""Distance in CIELAB: 2.3 is just noticed, and twice as much on thin lines."""


def _lab(colour: str, seen: Array) -> Array:
    """CIELAB (D65) of what is seen of a colour such as `#D55E00`."""
    encoded = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    linear = np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)
    ratios = XYZ @ np.clip(seen @ linear, 0, 1) / WHITE
    x, y, z = np.where(ratios > 0.008856, np.cbrt(ratios), 7.787 * ratios + 16 / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def test_lab_is_that_of_known_colours() -> None:
    np.testing.assert_allclose(_lab("#FFFFFF", np.eye(3)), [100, 0, 0], atol=0.05)
    np.testing.assert_allclose(_lab("#FF0000", np.eye(3)), [53.24, 80.09, 67.2], atol=0.05)


@pytest.mark.parametrize("sight", SEEN)
def test_colours_of_kinds_are_apart(sight: str) -> None:
    seen = {kind: _lab(row_colour(kind), SEEN[sight]) for kind in kinds()}
    distances = {(a, b): float(np.linalg.norm(seen[a] - seen[b])) for a, b in combinations(seen, 2)}
    assert {pair: d for pair, d in distances.items() if d < APART} == {}


def test_colours_that_would_be_taken_for_each_other_are_told() -> None:
    red, green = (
        _lab(colour, SEEN["no green (deuteranopia)"]) for colour in ("#B06050", "#808040")
    )
    assert np.linalg.norm(red - green) < np.linalg.norm(
        _lab("#B06050", np.eye(3)) - _lab("#808040", np.eye(3))
    )
