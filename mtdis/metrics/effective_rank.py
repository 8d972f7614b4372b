"""Effective rank of codes: over how many directions they spread, whatever the factors.

It is the participation ratio of the correlation's eigenvalues, (Σλ)²/Σλ² (Gao et al. 2017,
bioRxiv 214262), a covariate of every other score rather than one of its own: neither many
directions nor few are better.
"""

import numpy as np

from mtdis.metrics import _linear as linear
from mtdis.metrics._rotations import rotated_scorer
from mtdis.metrics._sampling import Factors, FloatArray, Sample, code_table
from mtdis.specs.metrics.effective_rank import EffectiveRank

KEYS = ("effective_rank", "rank")
INVARIANCES = frozenset({"permutation", "sign", "scale"})

DEFAULTS = EffectiveRank()


def score(
    codes: FloatArray, factors: Factors, settings: EffectiveRank = DEFAULTS
) -> dict[str, float]:
    """Effective rank and rank of the correlation of codes (N, d), each in [1, d].

    The first is d for uncorrelated codes and 1 for copies of one; the second counts the eigenvalues
    above 1e-12 of the largest. Constant codes have no correlation and are left out; without any
    other both are 0. Only linear dependence counts: codes that are bent functions of one another
    fill many directions. Noise fills all. Factors (N, K) only say how rows are drawn. Raises
    ValueError for inputs that `code_table` refuses.
    """
    return _values(*_samples(codes, factors, settings), settings)


def _samples(codes: FloatArray, factors: Factors, settings: EffectiveRank) -> tuple[Sample]:
    rng = np.random.RandomState(settings.seed)
    return (code_table(codes, factors).sample(rng, settings.num_train, settings.batch_size),)


def _values(drawn: Sample, settings: EffectiveRank) -> dict[str, float]:
    del settings  # the draw has read them
    live = linear.live(drawn[0])
    if not live.size:
        return dict.fromkeys(KEYS, 0.0)
    return {
        "effective_rank": linear.effective_rank(live),
        "rank": float(linear.correlation_rank(live)),
    }


score_rotated = rotated_scorer(_samples, _values)
