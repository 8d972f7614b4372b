"""Scores of codes in many rotations, with the same drawn rows in all of them."""

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from mtdis.metrics._sampling import Factors, FloatArray, Sample

Rotations = Iterable[npt.NDArray[np.float64]]
"""Matrices (d, d), which may be made when they are asked for."""
RotatedScores = Iterator[dict[str, float]]
"""A metric's values for codes times each of the rotations, made when they are asked for."""
Settings = TypeVar("Settings")


def rotated_scorer(
    samples: Callable[[FloatArray, Factors, Settings], tuple[Sample, ...]],
    values: Callable[..., dict[str, float]],
) -> Callable[[FloatArray, Factors, Settings, Rotations], RotatedScores]:
    """The `score_rotated` of a metric that is a function `values(*samples, settings)` of samples.

    Only the drawn rows are rotated. A last bit may differ from that of all rows' product.
    """

    def score_rotated(
        codes: FloatArray, factors: Factors, settings: Settings, rotations: Rotations
    ) -> RotatedScores:
        """`score` of codes (N, d) times each rotation (d, d), of the same rows."""
        drawn = samples(codes, factors, settings)
        for rotation in rotations:
            yield values(*((some @ rotation, classes) for some, classes in drawn), settings)

    return score_rotated
