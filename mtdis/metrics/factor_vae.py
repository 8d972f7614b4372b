"""FactorVAE score (Kim and Mnih 2018, arXiv 1802.05983, section 4), as disentanglement_lib computes
it.
"""

import numpy as np
import numpy.typing as npt

from mtdis.metrics._sampling import (
    CodeTable,
    Factors,
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
    is left, every value is 0 by definition. Differences from the library: `num_active_dims` is the
    true number of codes taking part (the library returns d), and a constant code never takes part,
    also at threshold 0 (there the library divides 0 by 0). With one code the score is the share of
    the factor fixed most often. Raises ValueError for inputs that `code_table` refuses. Source:
    disentanglement_lib 86a644d, `evaluation/metrics/factor_vae.py`; defaults of its unsupervised
    study.
    """
    table = code_table(codes, factors)
    rng = np.random.RandomState(settings.seed)
    sample = table.codes[table.factors.rows(rng, settings.num_variance_estimate)]
    active = active_codes(sample, settings.prune_threshold)
    if not active.any():
        return dict.fromkeys(KEYS, 0.0)
    variances = np.where(active, np.var(sample, axis=0, ddof=1), np.nan)
    train_votes = _votes(table, rng, variances, settings.num_train, settings.batch_size)
    eval_votes = _votes(table, rng, variances, settings.num_eval, settings.batch_size)
    train_accuracy, eval_accuracy = accuracies(train_votes, eval_votes)
    return {
        "train_accuracy": train_accuracy,
        "eval_accuracy": eval_accuracy,
        "num_active_dims": float(active.sum()),
    }


def active_codes(codes: FloatArray, prune_threshold: float) -> npt.NDArray[np.bool_]:
    """Mask (d,) of the codes (n, d) that vary, with standard deviation (ddof 1) ≥ the threshold."""
    spread = np.sqrt(np.var(codes, axis=0, ddof=1))
    # rounding can give a constant column a tiny variance, and a tiny range a variance of 0
    varies = np.minimum(spread, np.ptp(codes, axis=0)) > 0
    return np.asarray(varies & (spread >= prune_threshold))


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


def _votes(
    table: CodeTable, rng: np.random.RandomState, variances: FloatArray, num: int, batch_size: int
) -> IntArray:
    """Counts (K, d) of how often a code varied least, relative to its variance (d,), when a factor
    was fixed.

    Codes whose variance is NaN take no part.
    """
    fixed, rows = table.factors.batches_with_a_fixed_factor(rng, num, batch_size)
    counts = np.zeros((len(table.factors.sizes), len(variances)), np.int64)
    for start in range(0, num, BATCHES_AT_ONCE):
        some = slice(start, start + BATCHES_AT_ONCE)
        ratios = np.var(table.codes[rows[some]], axis=1, ddof=1) / variances
        np.add.at(counts, (fixed[some], np.nanargmin(ratios, axis=1)), 1)
    return counts
