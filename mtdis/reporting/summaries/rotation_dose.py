"""What turning codes by a dose of degrees does to R² and MIG: trends and verdicts.

Shapes: J sets of planes, which are blocks, and A angles, the first of them 0. Trends are tested by
one slope per block, not by ranks within blocks (Page's L): codes turned by neighbouring angles meet
nearly the same heads, so that a block's values wander together, and ranks take that for a trend.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import ttest_1samp

from mtdis.artifacts.stages import StageResult

Floats = NDArray[np.float64]
MARGIN = 0.01
"""R² is called flat if it changes by less than this at every angle: fixed before anything was
measured.
"""
LEVEL = 0.05
MIG = "mig"


class Curve(NamedTuple):
    """Values (J, A) of one arm and number of images, or of MIG."""

    arm: str
    images: int | None
    """Images that were learned from; None for MIG."""
    values: Floats
    angles: Floats
    """(A,), degrees"""


def curves(result: StageResult) -> list[Curve]:
    """MIG, then each arm at each number of images, R² averaged over tasks."""
    angles = np.asarray(result.spec["angles"], dtype=np.float64)
    return [
        Curve(MIG, None, result.arrays[MIG], angles),
        *(
            Curve(arm, size, result.arrays[arm][place].mean(axis=-1), angles)
            for place, size in enumerate(result.spec["train_rows"])
            for arm in result.spec["arms"]
        ),
    ]


def falling_p(values: Floats, angles: Floats) -> float:
    """p of "does not fall with the angle", from values (J, A): a one-sided t-test of the slopes of
    the J lines through each block's values.
    """
    slopes = values @ (angles - angles.mean())
    found: Any = ttest_1samp(slopes, 0.0, alternative="less")
    return float(found.pvalue)


def flat_p(values: Floats, margin: float = MARGIN) -> float:
    """p of "changes by `margin` or more at some angle", from values (J, A).

    Two one-sided t-tests over sets of planes at each angle (Schuirmann 1987); the largest p of all
    of them, so that small means flat everywhere (intersection–union). 1 if it can't be computed.
    """
    changes = values[:, 1:] - values[:, :1]
    above: Any = ttest_1samp(changes, margin, alternative="less")
    below: Any = ttest_1samp(changes, -margin, alternative="greater")
    worst = float(np.max([above.pvalue, below.pvalue]))
    return 1.0 if np.isnan(worst) else worst


def verdict(curve: Curve) -> str:
    """Flat within the margin, falling, or neither shown, with the p of it; MIG has no margin.

    "Not significantly falling" is not flat.
    """
    if not np.isfinite(curve.values).all():
        return "not finite"
    flat = 1.0 if curve.arm == MIG else flat_p(curve.values)
    if flat <= LEVEL:
        return f"flat within {MARGIN:g} ({_p(flat)})"
    falling = falling_p(curve.values, curve.angles)
    return f"falls ({_p(falling)})" if falling <= LEVEL else "neither shown"


def _p(value: float) -> str:
    return f"p = {value:.3f}" if value >= 0.001 else "p < 0.001"
