"""Smoothness of tasks along each factor and their dependence on it (paper, section 3.1).

Exact for targets on a complete grid. Shapes: N rows of the grid in C order, K factors of `sizes`
classes, T tasks.
"""

from collections.abc import Callable, Mapping, Sequence
from math import isnan, prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mtdis.artifacts import datasets
from mtdis.artifacts.stages import Outcome, Sources
from mtdis.specs.stages.task_diagnostics import TaskDiagnostics

Floats = NDArray[np.float64]
Targets = NDArray[np.floating[Any]]
MEASURES = ("lag_autocorrelation", "total_effect")


def compute(stage: TaskDiagnostics, sources: Sources) -> Outcome:
    """Both measures of each task and factor."""
    return Outcome(
        rows=long_rows(
            diagnose(
                datasets.read_targets(sources.parent), stage.dataset.sizes, stage.dataset.names
            )
        )
    )


def long_rows(found: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The rows of the long table, one per task, factor and measure, of the rows that `diagnose`
    gives.
    """
    return [
        {"metric": measure, "key": row["factor"], "task": row["task"], "value": row[measure]}
        for row in found
        for measure in MEASURES
    ]


def lag_autocorrelation(targets: Targets, sizes: Sequence[int]) -> Floats:
    """Autocorrelation (T, K) of targets (N, T) one class apart along each factor, from -1 to about
    1.

    Mean product of the deviations of neighbours from the mean of all rows, over the variance of all
    rows: the usual estimate at lag 1 of a series (Box and Jenkins 1976, chapter 2), but a mean over
    the pairs of neighbours, so that short factors are not drawn towards 0. Near 1: smooth; 0:
    neighbours tell nothing. NaN for factors of one class and for constant targets. Raises
    ValueError for targets that are no complete grid.
    """
    return _along_factors(
        targets, sizes, lambda lines: float(np.mean(lines[:, :-1] * lines[:, 1:]))
    )


def total_effect(targets: Targets, sizes: Sequence[int]) -> Floats:
    """Sobol's total-effect index (T, K) of each factor for targets (N, T): E[Var(y | all others)] /
    Var(y), 0 to 1.

    The share of the variance that remains when all other factors are known, interactions included
    (Homma and Saltelli 1996; Saltelli et al. 2010), of factors uniform over their classes. On the
    complete grid both moments are exact; indices of one task may sum to more than 1. NaN and errors
    as above.
    """
    return _along_factors(targets, sizes, lambda lines: float(lines.var(axis=1).mean()))


def diagnose(targets: Targets, sizes: Sequence[int], names: Sequence[str]) -> list[dict[str, Any]]:
    """Rows {task, factor, lag_autocorrelation, total_effect} of targets (N, T), tasks numbered from
    1.

    Both measures are None for a factor of one class and for a task whose targets are all equal.
    """
    lags, effects = lag_autocorrelation(targets, sizes), total_effect(targets, sizes)
    return [
        {
            "task": task + 1,
            "factor": name,
            "lag_autocorrelation": _number_or_none(lags[task, factor]),
            "total_effect": _number_or_none(effects[task, factor]),
        }
        for task in range(len(lags))
        for factor, name in enumerate(names)
    ]


def _along_factors(
    targets: Targets, sizes: Sequence[int], measure: Callable[[Floats], float]
) -> Floats:
    """A measure of the targets' deviations along each factor, over their variance: (T, K).

    `measure` is given the deviations with the factor's classes along the middle axis.
    """
    if targets.ndim != 2 or len(targets) != prod(sizes) or not len(targets):
        raise ValueError(
            f"Task diagnostics need targets on a complete grid: {prod(sizes)} rows for classes"
            f" {list(sizes)}, and a column per task. Found shape {targets.shape}. Give the targets"
            " of a dataset without holes."
        )
    result = np.full((targets.shape[1], len(sizes)), np.nan)
    for task in range(len(result)):  # one task in float64 at a time bounds memory
        target = targets[:, task].astype(np.float64)
        if target.min() == target.max():
            continue
        target -= target.mean()
        variance = target.var()
        for factor, size in enumerate(sizes):
            if size > 1:
                lines = target.reshape(prod(sizes[:factor]), size, -1)
                result[task, factor] = measure(lines) / variance
    return result


def _number_or_none(value: float) -> float | None:
    return None if isnan(value) else float(value)
