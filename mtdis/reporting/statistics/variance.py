"""How much of a score's variance is due to the model seed, the task seed and the metric seed.

Random effects by moments: pairs of values that differ in some factors only have an expected half
squared difference that is a sum of components. Balanced or not, crossed or nested, the same
equations; on a balanced crossed design their solution is that of the analysis of variance.
"""

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from mtdis.reporting.statistics.resampling import Table

Factors = frozenset[str]


def components(frame: pd.DataFrame, factors: Sequence[str]) -> pd.DataFrame:
    """The variance components of the column `value`: one line per component that these values can
    tell apart, with `component`, `variance`, `share` (of the sum, negative ones being nought) and
    `note`.

    A factor of one level has no variance, and factors that always change together have one between
    them: the note says so. A component estimated below nought is a sign of none.
    """
    values = frame["value"].to_numpy(dtype=np.float64)
    levels = {name: pd.factorize(frame[name])[0] for name in factors}
    differing, half_squares, pairs = _classes(values, levels)
    groups = _told_apart(differing, factors)
    estimates = _solve(differing, half_squares, pairs, groups)
    lines = [_line(group, value) for group, value in zip(groups, estimates, strict=True)]
    single = [name for name in factors if levels[name].max(initial=0) == 0]
    lines += [(name, np.nan, f"one {name}: its variance is unknown") for name in single]
    table = pd.DataFrame(lines, columns=["component", "variance", "note"])
    positive = table["variance"].clip(lower=0)
    table.insert(2, "share", positive / positive.sum() if positive.sum() > 0 else np.nan)
    return table


def _classes(
    values: Table, levels: dict[str, NDArray[np.intp]]
) -> tuple[list[Factors], Table, Table]:
    """The sets of factors in which pairs differ, their mean half squared differences, and how many
    pairs there are.
    """
    first, second = np.triu_indices(len(values), k=1)
    code = np.zeros(len(first), dtype=np.int64)
    for place, of_value in enumerate(levels.values()):
        code += (of_value[first] != of_value[second]).astype(np.int64) << place
    halves = np.square(values[first] - values[second]) / 2
    found = [int(one) for one in np.unique(code) if one]
    names = [
        frozenset(name for place, name in enumerate(levels) if one >> place & 1) for one in found
    ]
    means = np.array([halves[code == one].mean() for one in found])
    return names, means, np.array([np.sum(code == one) for one in found], dtype=np.float64)


def _told_apart(differing: Sequence[Factors], factors: Sequence[str]) -> list[list[Factors]]:
    """The effects (sets of factors) grouped by the classes of pairs that they add to: one group is
    one unknown.
    """
    effects = [
        frozenset(some)
        for size in range(1, len(factors) + 1)
        for some in combinations(factors, size)
    ]
    groups: dict[tuple[bool, ...], list[Factors]] = {}
    for effect in effects:
        adds = tuple(bool(effect & one) for one in differing)
        if any(adds):
            groups.setdefault(adds, []).append(effect)
    return list(groups.values())


def _solve(
    differing: Sequence[Factors], half_squares: Table, pairs: Table, groups: list[list[Factors]]
) -> Table:
    """The unknowns by least squares, classes weighted by their pairs; missing where they are not
    determined.
    """
    design = np.array([[float(bool(group[0] & one)) for group in groups] for one in differing])
    if design.size == 0:
        return np.full(len(groups), np.nan)
    weights = np.sqrt(pairs)
    found: Table = np.linalg.lstsq(design * weights[:, None], half_squares * weights)[0]
    # a row of the projection on what the classes span: the unit vector where it is determined
    spanned = np.linalg.pinv(design) @ design
    determined = np.isclose(spanned, np.eye(len(groups))).all(axis=1)
    return np.where(determined, found, np.nan)


def _line(group: list[Factors], variance: float) -> tuple[str, float, str]:
    """The smallest effects of a group name it; the note says what can't be told apart."""
    smallest = min(map(len, group))
    names = [" × ".join(sorted(effect)) for effect in group if len(effect) == smallest]
    note = f"not told apart: {', '.join(names)}" if len(names) > 1 else ""
    unknown = "" if np.isfinite(variance) else "not determined by these values"
    return " + ".join(names), variance, "; ".join(filter(None, [note, unknown]))
