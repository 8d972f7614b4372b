"""Linear support vector machines on one code each, all codes and classes at once, solved to the
optimum.

The problem is liblinear's (Fan et al. 2008, JMLR 9, section 2) as scikit-learn's
`LinearSVC(dual=False, class_weight="balanced")` sets it up: a class against the rest has the slope
w and intercept b that minimise ½(w² + b²) + Σ cost · max(0, 1 ∓ (wx + b))², with − for rows of the
class and + for the rest. Easily missed: b is regularised too, and beyond two classes the rest
always costs C; only the class itself is weighted.

The objective is quadratic as long as the same rows violate their margin. On sorted rows these are
prefixes or suffixes, so cumulated moments (Σ1, Σx, Σx²) give value, gradient and Hessian at the
price of a binary search, and Newton's method ends after a few steps (Mangasarian 2002, doi
10.1080/1055678021000028375).

Letters: n rows, d codes, c classes, p machines on a code (c, but one for two classes).
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from mtdis.metrics._sampling import FloatArray, IntArray

Floats = npt.NDArray[np.float64]

MAX_STEPS = 100
MAX_HALVINGS = 20
TOLERANCE = 1e-12
"""Of decision values on the training rows, relative to their size; a smaller step ends the search.
"""
SUFFICIENT = 1e-4
"""A step must bring this share of the decrease that the gradient promises (Armijo's rule)."""
ROUNDING = 1e-12
"""Differences of the objective below this share of its value at 0 are rounding."""

TIE = 1e-14
"""Of two classes the second needs a higher decision value: balanced constant codes are a tie but
for rounding.
"""


class Machines(NamedTuple):
    """A line per code and class: predicted is the class of the highest, the first of equals."""

    classes: IntArray  # (c,)
    slopes: Floats  # (d, c)
    intercepts: Floats  # (d, c)


class Groups(NamedTuple):
    """Rows of g groups, sorted by value within each.

    Row i of a group stands in column start + 1 + i; in column start + i are the moments Σ1, Σx, Σx²
    of the rows before row i, and of row i and those after it.
    """

    values: Floats  # (d, n + g + 1)
    before: Floats  # (3, d, n + g + 1)
    after: Floats  # (3, d, n + g + 1)
    start: IntArray  # (g,)
    size: IntArray  # (g,)


class Problem(NamedTuple):
    """The objective of the machines on all codes: p groups of the classes' own rows, one of all."""

    own: Groups
    everyone: Groups
    own_cost: Floats  # (p,)
    rest_cost: Floats  # (p,)


class Point(NamedTuple):
    """A slope and intercept per machine (2, d, p), and what the objective says there."""

    line: Floats  # (2, d, p)
    value: Floats  # (d, p)
    gradient: Floats  # (2, d, p)
    target: Floats  # (2, d, p): the minimum, if the same rows violated their margin everywhere


def fit(codes: FloatArray, factors: IntArray, cost: float) -> list[Machines]:
    """Machines that predict each factor (n, K) from each single code (n, d), balanced, one against
    the rest.

    `cost` > 0 is C, the price of a violated margin. Of two classes the second is told from the
    first by one machine. Raises ValueError if a factor has a single class, ArithmeticError if
    Newton's method does not end.
    """
    orders = np.argsort(codes, axis=0, kind="stable").T
    ordered = np.take_along_axis(codes.T, orders, axis=1).astype(np.float64)
    everyone = _groups(ordered, np.array([len(codes)]))
    return [_fit_factor(ordered, labels[orders], everyone, cost) for labels in factors.T]


def predict(machines: Machines, codes: FloatArray) -> IntArray:
    """The class (n, d) that each code (n, d) predicts on its own."""
    lines = zip(codes.T, machines.slopes, machines.intercepts, strict=True)
    highest = [
        np.argmax(np.outer(code, slopes) + intercepts, axis=1) for code, slopes, intercepts in lines
    ]
    return np.asarray(machines.classes[np.stack(highest, axis=1)])


def _fit_factor(ordered: Floats, labels: IntArray, everyone: Groups, cost: float) -> Machines:
    """Machines of one factor from sorted codes (d, n), their rows' labels (d, n), and the group of
    all rows.
    """
    classes, counts = np.unique(labels[0], return_counts=True)
    if len(classes) < 2:
        raise ValueError(
            f"a classifier needs two classes, found only {classes.tolist()}: draw more rows"
        )
    # the narrow type makes numpy sort by counting
    by_class = np.argsort(np.searchsorted(classes, labels).astype(np.uint16), axis=1, kind="stable")
    groups = _groups(np.take_along_axis(ordered, by_class, axis=1), counts)
    balanced = cost * labels.shape[1] / (len(classes) * counts)
    if len(classes) > 2:
        slopes, intercepts = _solve(
            Problem(groups, everyone, balanced, np.full(len(classes), cost))
        )
        return Machines(classes, slopes, intercepts)
    second = groups._replace(start=groups.start[1:], size=groups.size[1:])
    line = _solve(Problem(second, everyone, balanced[1:], balanced[:1]))
    first = np.stack([np.zeros_like(line[0]), np.full_like(line[1], TIE)])
    return Machines(classes, *np.concatenate([first, line], axis=2))


def _groups(values: Floats, sizes: IntArray) -> Groups:
    """Groups of these sizes (g,), whose sorted values (d, n) stand behind each other."""
    starts = np.cumsum(sizes) - sizes
    padded = np.insert(values, np.append(starts, values.shape[1]), 0.0, axis=1)
    starts = starts + np.arange(len(sizes))
    powers = np.stack([np.ones_like(padded), padded, padded * padded])
    before, after = np.zeros((2, *powers.shape))
    for start, size in zip(starts, sizes, strict=True):  # apart: equal groups have equal bits
        stop = start + size
        rows = powers[:, :, start + 1 : stop + 1]
        np.cumsum(rows, axis=2, out=before[:, :, start + 1 : stop + 1])
        # not the total less what is before, which an outlier would cancel
        after[:, :, start:stop] = np.cumsum(rows[:, :, ::-1], axis=2)[:, :, ::-1]
    return Groups(padded, before, after, starts, sizes)


def _solve(problem: Problem) -> Floats:
    """Slopes and intercepts (2, d, p) at the minimum, which is unique."""
    codes, machines = len(problem.everyone.values), len(problem.own.size)
    reach = np.abs(problem.everyone.values).max(axis=1)[:, None]
    point = _evaluate(problem, np.zeros((2, codes, machines)))
    rounding = ROUNDING * point.value
    for step in range(MAX_STEPS):
        if np.all(
            _reach(point.target - point.line, reach) <= TOLERANCE * (1 + _reach(point.line, reach))
        ):
            return point.target
        # ever less rounding allowed, or steps within it could go round
        point = _descend(problem, point, rounding / 2**step)
    raise ArithmeticError(
        f"the linear machines did not converge in {MAX_STEPS} steps: bring the codes to unit scale"
    )


def _reach(line: Floats, reach: Floats) -> Floats:
    """Largest possible |wx + b| (d, p) of lines (2, d, p) at |x| up to `reach` (d, 1)."""
    return np.asarray(np.abs(line[0]) * reach + np.abs(line[1]))


def _descend(problem: Problem, point: Point, rounding: Floats) -> Point:
    """The point after one Newton step, halved per machine until the objective falls enough.

    A machine stays and is its own target where no step helps: on very large codes a margin can be
    violated by less than the rounding of wx + b, so that Newton's step comes from the wrong rows.
    """
    direction = point.target - point.line
    promised = SUFFICIENT * (point.gradient * direction).sum(axis=0)
    share = np.ones_like(point.value)
    for _ in range(MAX_HALVINGS):
        trial = _evaluate(
            problem, np.where(share == 1, point.target, point.line + share * direction)
        )
        enough = trial.value <= point.value + share * promised + np.where(share == 1, rounding, 0.0)
        if enough.all():
            break
        share = np.where(enough, share, share / 2)
    else:
        trial = _evaluate(problem, np.where(enough, trial.line, point.line))
    finished = ~enough | ~direction.any(axis=0)
    return trial._replace(target=np.where(finished, trial.line, trial.target))


def _evaluate(problem: Problem, line: Floats) -> Point:
    """The objective at lines (2, d, p), its gradient, and its minimum for the rows violating
    now."""
    slope, intercept = line
    # violators: the class's own rows where wx + b is below 1, the other rows where it is above −1
    own, _ = _split(problem.own, line, 1.0)
    _, of_class = _split(problem.own, line, -1.0)
    _, of_everyone = _split(problem.everyone, line, -1.0)
    own, rest = problem.own_cost * own, problem.rest_cost * (of_everyone - of_class)
    (m0, m1, m2), (s0, s1, _) = own + rest, own - rest
    # Σ cost (1 ∓ (wx + b))² of the violators, multiplied out
    pull = np.stack([slope * m2 + intercept * m1 - s1, slope * m1 + intercept * m0 - s0])
    loss = m0 + (line * pull).sum(axis=0) - slope * s1 - intercept * s0
    ww, wb, bb = 1 + 2 * m2, 2 * m1, 1 + 2 * m0
    target = 2 * np.stack([bb * s1 - wb * s0, ww * s0 - wb * s1]) / (ww * bb - wb * wb)
    return Point(line, 0.5 * (line * line).sum(axis=0) + loss, line + 2 * pull, target)


def _split(groups: Groups, line: Floats, level: float) -> tuple[Floats, Floats]:
    """Moments (3, d, p) of each group's rows where wx + b is below the level, and of the others."""
    slope, intercept = line
    rising = slope >= 0
    # the rows below come first if the line rises, last if it falls; `low` grows to the number of
    # the first ones
    low = np.zeros(slope.shape, np.int64)
    high = low + groups.size
    for _ in range(int(groups.size.max()).bit_length()):
        middle = (low + high) // 2
        value = np.take_along_axis(groups.values, groups.start + 1 + middle, axis=1)
        first = ((slope * value + intercept < level) == rising) & (low < high)
        low, high = np.where(first, middle + 1, low), np.where(first, high, middle)
    column = (groups.start + low)[None]
    before, after = (
        np.take_along_axis(moments, column, axis=2) for moments in (groups.before, groups.after)
    )
    return np.where(rising, before, after), np.where(rising, after, before)
