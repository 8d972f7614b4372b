"""The β-VAE metric, as disentanglement_lib computes it.

The idea is Higgins et al. (2017, openreview Sy2fzU9gl, section 3).
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from mtdis.metrics._estimators import logistic
from mtdis.metrics._rotations import RotatedScores, Rotations
from mtdis.metrics._sampling import (
    Factors,
    FactorTable,
    FloatArray,
    IntArray,
    code_table,
)
from mtdis.specs.metrics.beta_vae import BetaVae

KEYS = ("train_accuracy", "eval_accuracy")
INVARIANCES = frozenset({"permutation", "sign"})

AT_ONCE = 500
"""Batches; bounds the memory of their codes: 500 × 2 × 64 rows × (d codes, K factors)."""

DEFAULTS = BetaVae()


def score(codes: FloatArray, factors: Factors, settings: BetaVae = DEFAULTS) -> dict[str, float]:
    """Accuracy in [0, 1] of telling which of factors (N, K) pairs share from how far apart codes
    (N, d) are.

    A linear classifier sees the mean absolute difference of each code over a batch of pairs that
    share one factor. Chance, also of constant codes, is ≈ 1/K. Differences are not standardised, so
    the score depends on the scale of the codes. Raises ValueError for fewer than two varying
    factors, for inputs that `code_table` refuses, and when all training batches share the same
    factor. Source: disentanglement_lib 86a644d, `evaluation/metrics/beta_vae.py`; defaults of its
    unsupervised study.
    """
    table = code_table(codes, factors, min_factors=2)
    pairs = table.factors.once(_pairs, settings)
    return _values([(differences(table.codes, rows), shared) for shared, rows in pairs])


def score_rotated(
    codes: FloatArray, factors: Factors, settings: BetaVae, rotations: Rotations
) -> RotatedScores:
    """`score` of codes (N, d) times each rotation (d, d), of the same pairs."""
    table = code_table(codes, factors, min_factors=2)
    apart = [
        (_apart(table.codes, rows), shared) for shared, rows in table.factors.once(_pairs, settings)
    ]
    for rotation in rotations:
        yield _values([(np.abs(some @ rotation).mean(axis=1), shared) for some, shared in apart])


def differences(codes: FloatArray, rows: IntArray) -> npt.NDArray[np.float64]:
    """Mean absolute difference (num, d) of the codes (N, d) of each batch of pairs of rows (num, 2,
    n).
    """
    blocks = (rows[start : start + AT_ONCE] for start in range(0, len(rows), AT_ONCE))
    features = [np.abs(_apart(codes, some)).mean(axis=1) for some in blocks]
    return np.concatenate(features).astype(np.float64)


def _apart(codes: FloatArray, rows: IntArray) -> FloatArray:
    """Differences (num, n, d) of the codes (N, d) of pairs of rows (num, 2, n)."""
    first, second = codes.take(rows[:, 0], axis=0), codes.take(rows[:, 1], axis=0)
    return np.asarray(first - second)


def _pairs(factors: FactorTable, settings: BetaVae) -> list[tuple[IntArray, IntArray]]:
    """Shared factors (num,) and rows (num, 2, n) of the training and of the test batches."""
    rng = np.random.RandomState(settings.seed)
    train = _drawn(factors, rng, settings.num_train, settings.batch_size)
    if len(np.unique(train[0])) < 2:
        raise ValueError(
            f"all of {settings.num_train} training batches share factor {train[0][0]}: draw more"
        )
    return [train, _drawn(factors, rng, settings.num_eval, settings.batch_size)]


def _drawn(
    factors: FactorTable, rng: np.random.RandomState, num: int, batch_size: int
) -> tuple[IntArray, IntArray]:
    # in blocks, as their size orders the random calls
    blocks = [
        factors.pairs_with_a_shared_factor(rng, min(AT_ONCE, num - start), batch_size)
        for start in range(0, num, AT_ONCE)
    ]
    shared, rows = zip(*blocks, strict=True)
    return np.concatenate(shared), np.concatenate(rows)


def _values(batches: Sequence[tuple[FloatArray, IntArray]]) -> dict[str, float]:
    """Accuracies of a classifier of the first batches' features (num, d) on these and on the
    others.
    """
    (features, shared), (others, other_shared) = batches
    model = logistic.fit(features, shared)
    return {
        "train_accuracy": float(np.mean(model.predict(features) == shared)),
        "eval_accuracy": float(np.mean(model.predict(others) == other_shared)),
    }
