"""FactorVAE score (Kim and Mnih 2018, arXiv 1802.05983, section 4), as disentanglement_lib computes
it.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from mtdis.metrics._rotations import RotatedScores, Rotations
from mtdis.metrics._sampling import (
    Factors,
    FactorTable,
    FloatArray,
    IntArray,
    code_table,
)
from mtdis.specs.metrics.factor_vae import FactorVae

KEYS = ("train_accuracy", "eval_accuracy", "num_active_dims")
INVARIANCES = frozenset(
    {"permutation", "sign"}
)  # scale: only while every code keeps to one side of the threshold

BATCHES_AT_ONCE = 1000
"""Bounds the memory of the drawn codes: 1000 batches × 64 rows × d."""

DEFAULTS = FactorVae()


def score(codes: FloatArray, factors: Factors, settings: FactorVae = DEFAULTS) -> dict[str, float]:
    """Accuracy in [0, 1] of telling which of factors (N, K) was fixed by which of codes (N, d)
    varies least.

    Chance is ≈ 1/K. Codes whose standard deviation is below `prune_threshold` take no part; if none
    is left, every value is 0 by definition: of untrained encoders, whose codes are that narrow, the
    0 is the threshold's alone. With `scaling` 'standardised' the threshold is on codes of standard
    deviation 1, so that up to 1 only constant codes are left out: the score then depends on no
    scale, and codes that a VAE has all but switched off vote, too. Differences from the library:
    `num_active_dims` is the true number of codes taking part (the library returns d), and a
    constant code never takes part, also at threshold 0 (there the library divides 0 by 0). With one
    code the score is the share of the factor fixed most often. Raises ValueError for fewer than two
    varying factors, of which any code would tell the one, and for inputs that `code_table` refuses.
    Source: disentanglement_lib 86a644d, `evaluation/metrics/factor_vae.py`; defaults of its
    unsupervised study.
    """
    table = code_table(codes, factors, min_factors=2)
    draw = _rows(table.factors, settings)
    votes = [(fixed, batch_variances(table.codes, rows)) for fixed, rows in draw.votes]
    return _values(table.codes[draw.spread], votes, settings)


def score_rotated(
    codes: FloatArray, factors: Factors, settings: FactorVae, rotations: Rotations
) -> RotatedScores:
    """`score` of codes (N, d) times each rotation (d, d), of the same rows.

    A batch's variance of the rotated codes follows from the covariance of its codes: once these are
    there, no code is looked at.
    """
    table = code_table(codes, factors, min_factors=2)
    draw = _rows(table.factors, settings)
    sample = table.codes[draw.spread]
    pairs = np.triu_indices(sample.shape[1])
    covariances = [(fixed, batch_covariances(table.codes, rows)) for fixed, rows in draw.votes]
    upper = [(fixed, found[:, pairs[0], pairs[1]]) for fixed, found in covariances]
    for rotation in rotations:
        weights = (
            rotation[pairs[0]] * rotation[pairs[1]] * np.where(pairs[0] == pairs[1], 1, 2)[:, None]
        )
        votes = [(fixed, found @ weights) for fixed, found in upper]
        yield _values(sample @ rotation, votes, settings)


def active_codes(
    codes: FloatArray, prune_threshold: float, scaling: str = "raw"
) -> npt.NDArray[np.bool_]:
    """Mask (d,) of the codes (n, d) that vary, with standard deviation (ddof 1) ≥ the threshold.

    By the scaling 'standardised' it is 1 for all that vary.
    """
    spread = np.sqrt(np.var(codes, axis=0, ddof=1))
    # rounding can give a constant column a tiny variance, and a tiny range a variance of 0
    varies = np.minimum(spread, np.ptp(codes, axis=0)) > 0
    scaled = spread if scaling == "raw" else np.ones_like(spread)
    return np.asarray(varies & (scaled >= prune_threshold))


def accuracies(train_votes: IntArray, eval_votes: IntArray) -> tuple[float, float]:
    """Train and eval accuracy of the majority-vote classifier of the train votes.

    Both tables (K, d) are counts. Ties, and columns without a vote, go to the lowest factor.
    """
    majority = np.argmax(train_votes, axis=0)
    columns = np.arange(train_votes.shape[1])
    train, evaluation = (
        float(v[majority, columns].sum() / v.sum()) for v in (train_votes, eval_votes)
    )
    return train, evaluation


def batch_variances(codes: FloatArray, rows: IntArray) -> FloatArray:
    """Variances (num, d), ddof 1, of codes (N, d) in batches of rows (num, n)."""
    return np.concatenate([np.var(some, axis=1, ddof=1) for some in _batches(codes, rows)])


def batch_covariances(codes: FloatArray, rows: IntArray) -> npt.NDArray[np.float64]:
    """Covariances (num, d, d), ddof 1, of codes (N, d) in batches of rows (num, n)."""
    found = []
    for some in _batches(codes, rows):
        centred = some.astype(np.float64)
        centred -= centred.mean(axis=1, keepdims=True)
        found.append(centred.transpose(0, 2, 1) @ centred / (rows.shape[1] - 1))
    return np.concatenate(found)


class Draw(NamedTuple):
    """Rows that FactorVAE looks at."""

    spread: IntArray
    """(num_variance_estimate,)"""
    votes: list[tuple[IntArray, IntArray]]
    """Of training and test: fixed factors (num,) and rows (num, batch_size) of their batches."""


def _rows(factors: FactorTable, settings: FactorVae) -> Draw:
    """The rows, of which the scaling of the codes changes none."""
    return factors.once(_draw, settings.model_copy(update={"scaling": "raw"}))


def _draw(factors: FactorTable, settings: FactorVae) -> Draw:
    rng = np.random.RandomState(settings.seed)
    spread = factors.rows(rng, settings.num_variance_estimate)
    sizes = settings.num_train, settings.num_eval
    return Draw(
        spread,
        [factors.batches_with_a_fixed_factor(rng, num, settings.batch_size) for num in sizes],
    )


def _batches(codes: FloatArray, rows: IntArray) -> Iterator[FloatArray]:
    for start in range(0, len(rows), BATCHES_AT_ONCE):
        # several times faster than an index
        yield codes.take(rows[start : start + BATCHES_AT_ONCE], axis=0)


def _values(
    sample: FloatArray, votes: Sequence[tuple[IntArray, FloatArray]], settings: FactorVae
) -> dict[str, float]:
    """The metric's values from drawn codes (n, d), fixed factors (num,) and the codes' variances
    (num, d) in batches that share their class, of training and of test.
    """
    active = active_codes(sample, settings.prune_threshold, settings.scaling)
    if not active.any():
        return dict.fromkeys(KEYS, 0.0)
    spread = np.where(active, np.var(sample, axis=0, ddof=1), np.nan)
    num_factors = 1 + max(int(fixed.max()) for fixed, _ in votes)
    train, evaluation = (_votes(fixed, found / spread, num_factors) for fixed, found in votes)
    train_accuracy, eval_accuracy = accuracies(train, evaluation)
    return {
        "train_accuracy": train_accuracy,
        "eval_accuracy": eval_accuracy,
        "num_active_dims": float(active.sum()),
    }


def _votes(fixed: IntArray, ratios: FloatArray, num_factors: int) -> IntArray:
    """Counts (K, d) of how often a code varied least, relative to its variance, when a factor was
    fixed (num,).

    Codes whose ratios (num, d) are NaN take no part.
    """
    counts = np.zeros((num_factors, ratios.shape[1]), np.int64)
    np.add.at(counts, (fixed, np.nanargmin(ratios, axis=1)), 1)
    return counts
