"""Simulated codes whose axes are an arbitrary basis, and wrong nulls that do not see it."""

from collections.abc import Callable, Iterable
from functools import partial

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chisquare

from mtdis.metrics import FactorTable, factor_table
from mtdis.randomness import generator
from mtdis.scoring import transforms
from mtdis.scoring.calibration import rotated_scores, rotation_null, stream
from mtdis.specs.calibration import Calibration
from mtdis.specs.metric import Metric

Floats = NDArray[np.float64]
ROWS, DRAWS = 2000, 19
SIZES, DIMENSIONS = (4, 3, 2), 5

METRICS: dict[str, tuple[Metric, str]] = {
    "mig": (Metric.from_fields({"name": "mig", "num_train": 2000}), "discrete_mig"),
    "factor_vae": (
        Metric.from_fields(
            {
                "name": "factor_vae",
                "num_variance_estimate": 2000,
                "num_train": 500,
                "num_eval": 500,
                "batch_size": 16,
            }
        ),
        "eval_accuracy",
    ),
    "sap": (
        Metric.from_fields({"name": "sap", "num_train": 500, "num_test": 500}),
        "SAP_score",
    ),
    "dci": (
        Metric.from_fields({"name": "dci", "num_train": 200, "num_test": 100}),
        "disentanglement",
    ),
}


def simulated_factors() -> FactorTable:
    """Three factors of 2,000 images."""
    rng = generator(0, "factors")
    return factor_table(np.stack([rng.integers(size, size=ROWS) for size in SIZES], axis=1))


FACTORS = simulated_factors()


def aligned(seed: int) -> Floats:
    """Codes (N, d) whose first axes follow a factor each, with noise, and differ in scale: X."""
    rng = generator(seed, "aligned")
    codes = 0.3 * rng.standard_normal((ROWS, DIMENSIONS))
    codes[:, : len(SIZES)] += transforms.perfect(FACTORS)
    return np.asarray(codes * np.exp(rng.standard_normal(DIMENSIONS)))


def turned(seed: int) -> Floats:
    """X·R: the hypothesis itself."""
    rng = generator(seed, "turned")
    return np.asarray(aligned(seed) @ transforms.rotation(DIMENSIONS, rng))


def turned_and_scaled(seed: int) -> Floats:
    """X_white·R·D: an arbitrary basis of the white codes, then any scale of each axis."""
    rng = generator(seed, "turned and scaled")
    white = transforms.whitened(aligned(seed))
    scales = np.exp(rng.standard_normal(DIMENSIONS))
    return np.asarray(white @ transforms.rotation(DIMENSIONS, rng) * scales)


KINDS: dict[str, Callable[[int], Floats]] = {
    "X·R": turned,
    "X_white·R·D": turned_and_scaled,
}
Nulls = dict[str, tuple[float, list[float]]]


def right(name: str, codes: Floats, seed: int, factors: FactorTable = FACTORS) -> Nulls:
    """The score and its null, of the white codes and of the standardised ones."""
    standard = _rotated(name, transforms.standardised(codes), seed, factors)
    return right_white(name, codes, seed, factors) | {"standardised": standard}


def right_white(name: str, codes: Floats, seed: int, factors: FactorTable = FACTORS) -> Nulls:
    """Those of the white codes alone.

    Of X_white·R·D the standardised codes are the white ones, and so are their nulls.
    """
    return {"whitened": _rotated(name, transforms.whitened(codes), seed, factors)}


def _rotated(
    name: str, codes: Floats, seed: int, factors: FactorTable
) -> tuple[float, list[float]]:
    metric, key = METRICS[name]
    settings = Calibration(rotations=DRAWS)
    score, *null = rotation_null(metric, codes, factors, settings, stream(seed, "", name))[key]
    return score, null


def wrong(name: str, codes: Floats, seed: int, factors: FactorTable = FACTORS) -> Nulls:
    """Two nulls that look right: the standardised score beside rotated white codes, and rotations
    that keep the covariance.
    """
    metric, key = METRICS[name]
    rng = generator(seed, "wrong", name)
    dimensions = codes.shape[1]
    turns = [transforms.rotation(dimensions, rng) for _ in range(DRAWS)]
    centred = codes - codes.mean(axis=0)
    values, vectors = np.linalg.eigh(np.cov(centred.T, ddof=0))
    root = vectors * np.sqrt(values) @ vectors.T
    keeping = [np.linalg.inv(root) @ turn @ root for turn in turns]
    score = partial(rotated_scores, metric, factors=factors)

    def of(table: Floats, maps: list[Floats]) -> list[float]:
        return [one[key] for one in score(table, rotations=maps)]

    identity = [np.eye(dimensions)]
    return {
        "standardised beside white": (
            *of(transforms.standardised(codes), identity),
            of(transforms.whitened(codes), turns),
        ),
        "covariance kept": (*of(centred, identity), of(centred, keeping)),
    }


Standing = tuple[int, int]
"""How many values of a null are above its score, and how many equal it."""


def standing(score: float, null: list[float]) -> Standing:
    """Where a score stands in its null."""
    return sum(value > score for value in null), sum(value == score for value in null)


def places(standings: Iterable[Standing]) -> NDArray[np.int64]:
    """The place 0..K of each score in its null, from the top, ties broken by lot: uniform exactly
    where score and null are exchangeable.
    """
    rng = generator(0, "ties")
    return np.array([above + rng.integers(1 + equal) for above, equal in standings])


def uniformity(found: NDArray[np.int64], cells: int) -> float:
    """p of the χ² test that places 0..19 are uniform, in so many cells."""
    counts = np.bincount(found * cells // (DRAWS + 1), minlength=cells)
    return float(chisquare(counts).pvalue)
