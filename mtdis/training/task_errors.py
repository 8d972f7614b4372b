"""Errors of predictions, per task: mean squared error, target variance, R²."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray


def task_losses(
    predictions: NDArray[np.float32], targets: NDArray[np.float32]
) -> dict[str, list[float | None]]:
    """For each task: mse, target_variance (ddof 0) and r2 of predictions (N, T) for targets (N, T).

    R² = 1 - mse / variance on the same rows; None where the targets do not vary or a prediction is
    not finite.
    """
    mse = np.mean((predictions.astype(float) - targets.astype(float)) ** 2, axis=0)
    variance = np.var(targets.astype(float), axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        r2 = np.where(variance > 0, 1 - mse / variance, np.nan)
    return {"mse": _finite(mse), "target_variance": _finite(variance), "r2": _finite(r2)}


def _finite(values: NDArray[np.float64]) -> list[float | None]:
    return [float(v) if np.isfinite(v) else None for v in values]


def split_losses(
    predictions: NDArray[np.float32],
    targets: NDArray[np.float32],
    split: Mapping[str, NDArray[np.int64]],
) -> dict[str, dict[str, list[float | None]]]:
    """The losses of each part of a split (part → rows), as `task_losses` gives them."""
    return {part: task_losses(predictions[rows], targets[rows]) for part, rows in split.items()}
