"""What turning codes by a dose of degrees does to R² and MIG: trends and verdicts.

Shapes: J sets of planes, which are blocks, and A angles, the first of them 0.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.stats import page_trend_test, ttest_1samp

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

    @property
    def change(self) -> float:
        """The mean change from the first to the last angle."""
        return float((self.values[:, -1] - self.values[:, 0]).mean())


def curves(result: StageResult) -> list[Curve]:
    """MIG, then each arm at each number of images, R² averaged over tasks."""
    return [
        Curve(MIG, None, result.arrays[MIG]),
        *(
            Curve(arm, size, result.arrays[arm][place].mean(axis=-1))
            for place, size in enumerate(result.spec["train_rows"])
            for arm in result.spec["arms"]
        ),
    ]


def falling_p(values: Floats) -> float:
    """p of Page's L (1963) for values (J, A) that fall from angle to angle, ranked within each set
    of planes.
    """
    return float(page_trend_test(values[:, ::-1]).pvalue)


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
    falling = falling_p(curve.values)
    return f"falls ({_p(falling)})" if falling <= LEVEL else "neither shown"


def _p(value: float) -> str:
    return f"p = {value:.3f}" if value >= 0.001 else "p < 0.001"
