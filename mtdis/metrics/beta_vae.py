"""The β-VAE metric, as disentanglement_lib computes it.

The idea is Higgins et al. (2017, openreview Sy2fzU9gl, section 3).
"""

import numpy as np
import numpy.typing as npt

from mtdis.metrics._estimators import logistic
from mtdis.metrics._sampling import (
    CodeTable,
    Factors,
    FloatArray,
    IntArray,
    code_table,
)
from mtdis.specs.metrics.beta_vae import BetaVae

KEYS = ("train_accuracy", "eval_accuracy")
INVARIANCES = frozenset({"permutation", "sign"})

BATCHES_AT_ONCE = 500
"""Bounds the memory of the drawn pairs: 500 batches × 2 × 64 rows × (d codes, K factors)."""

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
    rng = np.random.RandomState(settings.seed)
    features, shared = differences(table, rng, settings.num_train, settings.batch_size)
    if len(np.unique(shared)) < 2:
        raise ValueError(
            f"all of {settings.num_train} training batches share factor {shared[0]}: draw more"
        )
    model = logistic.fit(features, shared)
    others, other_shared = differences(table, rng, settings.num_eval, settings.batch_size)
    return {
        "train_accuracy": float(np.mean(model.predict(features) == shared)),
        "eval_accuracy": float(np.mean(model.predict(others) == other_shared)),
    }


def differences(
    table: CodeTable, rng: np.random.RandomState, num: int, batch_size: int
) -> tuple[npt.NDArray[np.float64], IntArray]:
    """Mean absolute difference (num, d) of the codes of a batch of pairs, and the factor (num,)
    that they share.
    """
    features, shared = [], []
    for start in range(0, num, BATCHES_AT_ONCE):
        some = min(BATCHES_AT_ONCE, num - start)
        factors, rows = table.factors.pairs_with_a_shared_factor(rng, some, batch_size)
        first, second = table.codes[rows[:, 0]], table.codes[rows[:, 1]]
        features.append(np.abs(first - second).mean(axis=1))
        shared.append(factors)
    return np.concatenate(features).astype(np.float64), np.concatenate(shared)
