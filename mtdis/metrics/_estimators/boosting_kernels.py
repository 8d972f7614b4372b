"""The compiled half of `boosting`: gradients of the log-loss, trees grown depth first, values of
leaves.

Letters: n rows, d codes, T trees of a stage, L levels that are cut, m nodes of a full tree. Every
sum is taken in scikit-learn's own order, since a last bit can decide which of two nearly equal cuts
wins. All of it stands in one file because numba renews a cached function when its own file changes,
not when one it calls elsewhere does.
"""

import math
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numba import njit
from numpy.typing import NDArray

from mtdis.numba_cache import is_cacheable

EPSILON = float(np.finfo(np.float64).eps)
CLOSE = np.float32(1e-7)  # values that differ by no more are one value to scikit-learn
NEARLY = 1 - 1e-12  # leaves room for the rounding of a product with 1/p
TINY = 1e-150  # a Hessian below it counts as zero
NONE = -1  # child of a leaf
UNDEFINED = -2  # code and threshold of a leaf
BLOCK, LANES = 128, 8  # of numpy's sums
STRETCH = 128  # places that `scan` judges at once
CHUNK = 256  # rows whose gradients are found at once
ZERO, ONE = (
    np.uint64(0),
    np.uint64(1),
)  # unsigned, so that numba need not ask whether an index is negative

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Rows = NDArray[np.uint16] | NDArray[np.uint32]  # unsigned too
Function = TypeVar("Function", bound=Callable[..., Any])


class Trees(NamedTuple):
    """Trees, each of m nodes in depth-first order, the first `used` in use.

    Leading axes say which tree.
    """

    code: Ints
    threshold: Floats
    left: Ints
    right: Ints
    value: Floats
    impurity: Floats
    size: Ints
    used: Ints


class Table(NamedTuple):
    """The training codes, and 1/p."""

    values: NDArray[np.float32]  # (d, n)
    close: NDArray[np.bool_]  # (d, n): within CLOSE of the next smaller value
    longest: Ints  # (d,): rows in the longest run of close values
    inverse: Floats  # (n + 1,): 1/p at p; at 0 unused
    mirrored: Floats  # (n + 1,): the same, backwards


class Workspace(NamedTuple):
    """The arrays that a thread writes to.

    A node is a range of places, the same in `orders` and in `rows`.
    """

    orders: Rows  # (L, d, n): per level and code, each node's rows by value
    # (n,): each node's rows as scikit-learn would hold them, which is the order of its sums
    rows: Rows
    holes: Rows  # (n + 1,)
    goes_left: NDArray[np.uint8]  # (n,), by row
    leaf: NDArray[np.uint32]  # (n,), by row: the node it ends in
    begin: Ints  # (m,): a node's first place
    gathered: Floats  # (2, n)


class Draws(NamedTuple):
    """The random order in which a node looks at the codes."""

    state: Ints  # (1,)
    codes: Ints  # (d,): a permutation, carried from node to node
    constant: Ints  # (d,): codes found constant on the way down to this node
    visits: Ints  # (d,): the codes this node can cut, in the order of the draws


def compiled(function: Function) -> Function:
    """Compile on first use, keep the result on disk if there is a place, and run without the
    interpreter's lock.
    """
    cache = is_cacheable(function.__code__.co_filename)
    result: Function = njit(cache=cache, nogil=True)(function)
    return result


# --- gradients
# --------------------------------------------------------------------------------------------


@compiled
def find_residuals(raw: Floats, labels: Ints, first: int, last: int, out: Floats) -> None:
    """Write the negative gradient of the log-loss for the rows first to last.

    Raw and out are (T, n).
    """
    if raw.shape[0] == 1:
        for i in range(first, last):
            out[0, i] = -binary_gradient(labels[i], raw[0, i])
        return
    for start in range(
        first, last, CHUNK
    ):  # few enough rows that those of all classes stay in the cache
        rows = slice(start, min(start + CHUNK, last))
        find_class_residuals(raw[:, rows], labels[rows], out[:, rows])


@compiled
def find_class_residuals(raw: Floats, labels: Ints, out: Floats) -> None:
    """Write the negative gradient for three classes or more, the softmax less the truth.

    Raw and out are (T, r).
    """
    top, total = raw[0].copy(), np.zeros(labels.size)
    for k in range(1, raw.shape[0]):
        for i in range(labels.size):
            top[i] = max(top[i], raw[k, i])
    for k in range(raw.shape[0]):
        logits, shares = raw[k], out[k]
        for i in range(labels.size):
            shares[i] = math.exp(logits[i] - top[i])
            total[i] += shares[i]
    for k in range(raw.shape[0]):
        shares = out[k]
        for i in range(labels.size):
            shares[i] = -(shares[i] / total[i] - (labels[i] == k))


@compiled
def binary_gradient(label: int, raw: float) -> float:
    """Return the chance of class 1 less the label, with scikit-learn's formulas."""
    if raw <= -37:
        return math.exp(raw) - label
    small = math.exp(-raw)
    return ((1 - label) - label * small) / (1 + small)


# --- the best cut of a node
# -------------------------------------------------------------------------------


@compiled
def draw(state: Ints, low: int, high: int) -> int:
    """Return an integer in [low, high) from scikit-learn's generator, Marsaglia's 32-bit
    xorshift.
    """
    x = state[0] if state[0] else 1
    x = (x ^ (x << 13)) & 0xFFFFFFFF
    x ^= x >> 17
    x = (x ^ (x << 5)) & 0xFFFFFFFF
    state[0] = x
    return low + (x & 0x7FFFFFFF) % (high - low)


@compiled
def draw_visits(draws: Draws, known: int, values: Any, order: Rows) -> tuple[int, int, int]:
    """Fill `visits`; return how many, how many codes are constant by now, and the code that was
    sorted last.

    Drawn from are the known constant codes, which lie at the front, and those not drawn yet.
    Sorting a code whose values are all equal leaves scikit-learn's rows as they were, so it does
    not count as the last.
    """
    codes, constant = draws.codes, draws.constant
    visits, found, drawn, last, end = 0, 0, 0, -1, codes.size
    while end > known + found:
        at = draw(draws.state, drawn, end - found)
        if at < known:
            codes[drawn], codes[at] = codes[at], codes[drawn]
            drawn += 1
            continue
        at += found
        code = codes[at]
        low, high = values[code, order[code, 0]], values[code, order[code, -1]]
        if high > low:
            last = code
        if high <= low + CLOSE:
            codes[at], codes[known + found] = codes[known + found], codes[at]
            found += 1
        else:
            end -= 1
            codes[at], codes[end] = codes[end], codes[at]
            draws.visits[visits] = code
            visits += 1
    codes[:known] = constant[:known]
    constant[known : known + found] = codes[known : known + found]
    return visits, known + found, last


@compiled
def add_orders(target: Floats, orders: Rows, first: int, second: int, out: Floats) -> None:
    """Write the sums left of each place, of two codes at once: one sum alone waits for its last
    addition.
    """
    one, two = 0.0, 0.0
    for p in range(orders.shape[1]):
        out[0, p], out[1, p] = one, two
        one += target[orders[first, p]]
        two += target[orders[second, p]]


@compiled
def mend_sums(
    code: int, order: Rows, table: Table, target: Floats, total: float, sums: Floats
) -> None:
    """Take the sums of the last places as scikit-learn does, where ties lie.

    It moves a run of ties to the left sum as a whole; where the rest is shorter than the run, it
    takes the rest from the total instead. No run is longer than `longest`, so that this concerns no
    place before the last ones.
    """
    n, run = order.size, 1
    first = max(1, n - 2 * table.longest[code])
    left = sums[first - 1]
    for p in range(first, n):
        left += target[order[p - 1]]
        if is_tied(table, code, order, p):
            run += 1
            continue
        if run > n - p:
            left = total
            for q in range(n - 1, p - 1, -1):
                left -= target[order[q]]
        run = 1
        sums[p] = left


@compiled
def is_tied(table: Table, code: int, order: Rows, p: int) -> bool:
    """Return whether the values at the places p - 1 and p count as one."""
    values, row = table.values[code], order[p]
    return bool(table.close[code, row] and values[row] <= values[order[p - 1]] + CLOSE)


@compiled
def is_promising(
    left: Floats, total: float, inverse: Floats, mirrored: Floats, worth: float
) -> bool:
    """Return whether a cut of a stretch gains enough, by products with 1/p: divisions are slow."""
    promising = False
    for p in range(
        left.size
    ):  # without a way out, which would keep the compiler from taking eight at once
        right = total - left[p]
        if left[p] * left[p] * inverse[p] + right * right * mirrored[p] >= worth:
            promising = True
    return promising


@compiled
def scan(
    code: int, order: Rows, table: Table, total: float, sums: Floats, best: float
) -> tuple[float, int]:
    """Return the first largest gain of one code's cuts and its place if above `best`, else `best`
    and 0.

    No cut parts tied values.
    """
    n, place = order.size, 0
    mirrored = table.mirrored[table.mirrored.size - 1 - n :]
    for first in range(1, n, STRETCH):
        last, worth = min(first + STRETCH, n), best * NEARLY
        stretch = slice(first, last)
        if not is_promising(sums[stretch], total, table.inverse[stretch], mirrored[stretch], worth):
            continue
        for p in range(first, last):
            left, right = sums[p], total - sums[p]
            gain = left * left / p + right * right / (n - p)
            if gain > best and not is_tied(table, code, order, p):
                best, place = gain, p
    return best, place


@compiled
def find_cut(
    table: Table, target: Floats, total: float, orders: Rows, visits: Ints, sums: Floats
) -> tuple[int, int]:
    """Return the code and the place of the best cut, of equal ones the first.

    Place 0 if there is none.
    """
    best, best_code, best_place = -1.0, -1, 0
    for i in range(visits.size):
        code = visits[i]
        if i % 2 == 0:
            add_orders(target, orders, code, visits[min(i + 1, visits.size - 1)], sums)
        mend_sums(code, orders[code], table, target, total, sums[i % 2])
        best, place = scan(code, orders[code], table, total, sums[i % 2], best)
        if place:
            best_code, best_place = code, place
    return best_code, best_place


# --- sending rows left and right
# --------------------------------------------------------------------------


@compiled
def swap_apart(order: Rows, goes_left: Any, place: int, holes: Rows, rows: Rows) -> None:
    """Write `order`, left rows first, as swapping each right row found with the unseen end leaves
    it.

    So the right rows before the place (the holes) give way to the left rows behind it, the last of
    these first. Each time it is a right row that lands at the end: the one that was next to it, or
    that of the next hole.
    """
    hole, count = ZERO, ZERO
    for p in range(place):
        rows[p], holes[count] = order[p], p
        count += ONE - np.uint64(goes_left[order[p]])
    holes[count] = place
    moved = order[holes[hole]]
    for p in range(order.size - 1, place - 1, -1):
        row = order[p]
        side = np.uint64(goes_left[row])
        rows[holes[hole]] = (
            row  # without a branch, which nothing could foresee: a right row is overwritten
        )
        rows[p] = moved
        hole += side
        moved = order[holes[hole]] if side else row


@compiled
def part(order: Rows, goes_left: Any, place: int, out: Rows) -> None:
    """Write the left rows before `place` and the right ones from it on, each in their old order."""
    left, right = ZERO, np.uint64(place)
    for row in order:
        side = np.uint64(goes_left[row])
        out[left if side else right] = row  # without a branch, which nothing could foresee
        left += side
        right += ONE - side


@compiled
def split(
    work: Workspace,
    depth: int,
    begin: int,
    end: int,
    code: int,
    place: int,
    last: int,
    visits: Ints,
) -> None:
    """Send a node's rows left and right: in scikit-learn's order, and by value if its children may
    be cut.
    """
    orders = work.orders[depth, :, begin:end]
    for p in range(end - begin):
        work.goes_left[orders[code, p]] = p < place
    swap_apart(orders[last], work.goes_left, place, work.holes, work.rows[begin:end])
    if depth + 1 < work.orders.shape[0]:
        for visit in visits:
            part(orders[visit], work.goes_left, place, work.orders[depth + 1, visit, begin:end])


# --- one tree
# ---------------------------------------------------------------------------------------------


@compiled
def add_up(target: Floats, rows: Rows) -> tuple[float, float]:
    """Return the sum and the sum of squares over some rows, one after the other."""
    total, squares = 0.0, 0.0
    for row in rows:
        total += target[row]
        squares += target[row] * target[row]
    return total, squares


@compiled
def find_impurities(
    target: Floats, rows: Rows, place: int, total: float, squares: float
) -> tuple[float, float]:
    """Return the variances left and right of a place.

    The shorter side is summed, the rest subtracted.
    """
    left, left_squares = add_up(target, rows[:place])
    rest = rows.size - place
    if place > rest:
        left = total
        for p in range(rows.size - 1, place - 1, -1):
            left -= target[rows[p]]
    right = total - left
    return (
        left_squares / place - (left / place) ** 2,
        (squares - left_squares) / rest - (right / rest) ** 2,
    )


@compiled
def add_node(
    tree: Trees, work: Workspace, parent: int, begin: int, end: int, impurity: float
) -> int:
    """Append a leaf, as the parent's left child if it has none yet, and return its number."""
    node = int(tree.used[0])
    tree.used[0] += 1
    tree.code[node], tree.threshold[node] = UNDEFINED, UNDEFINED
    tree.left[node], tree.right[node] = NONE, NONE
    tree.size[node], tree.impurity[node], work.begin[node] = end - begin, impurity, begin
    if parent != NONE and tree.left[parent] == NONE:
        tree.left[parent] = node
    elif parent != NONE:
        tree.right[parent] = node
    return node


@compiled
def cut(
    table: Table,
    target: Floats,
    draws: Draws,
    work: Workspace,
    tree: Trees,
    node: int,
    depth: int,
    known: int,
) -> tuple[int, int, float, float]:
    """Cut a node in two; return the place (0: still a leaf), the number of constant codes, and
    both impurities.
    """
    begin, size, impurity = work.begin[node], tree.size[node], tree.impurity[node]
    end, n = begin + size, work.rows.size
    if depth == work.orders.shape[0] or size < 2:
        return 0, known, 0.0, 0.0
    total, squares = add_up(target, work.rows[begin:end])
    tree.value[node] = total / size
    if depth == 0:
        impurity = tree.impurity[node] = squares / size - (total / size) ** 2
    if impurity <= EPSILON:
        return 0, known, 0.0, 0.0
    order = work.orders[depth, :, begin:end]
    visits, known, last = draw_visits(draws, known, table.values, order)
    code, place = find_cut(table, target, total, order, draws.visits[:visits], work.gathered)
    if place == 0:
        return 0, known, 0.0, 0.0
    split(work, depth, begin, end, code, place, last, draws.visits[:visits])
    left, right = find_impurities(target, work.rows[begin:end], place, total, squares)
    if size / n * (impurity - (size - place) / size * right - place / size * left) + EPSILON < 0:
        return 0, known, 0.0, 0.0
    below, above = (
        table.values[code, order[code, place - 1]],
        table.values[code, order[code, place]],
    )
    tree.code[node], tree.threshold[node] = code, below / 2.0 + above / 2.0
    return place, known, left, right


@compiled
def grow(table: Table, target: Floats, seed: int, work: Workspace, tree: Trees) -> None:
    """Grow one tree by squared error, depth first, left before right."""
    d, n = table.values.shape
    draws = Draws(np.array([seed]), np.arange(d), np.empty(d, np.int64), np.empty(d, np.int64))
    tree.used[0] = 0
    for row in range(n):
        work.rows[row] = row
    pending = [
        (0, n, 0, NONE, 0, 0.0)
    ]  # a stack, since numba can't cache functions that call themselves
    while pending:
        begin, end, depth, parent, known, impurity = pending.pop()
        node = add_node(tree, work, parent, begin, end, impurity)
        place, known, left, right = cut(table, target, draws, work, tree, node, depth, known)
        if place:
            pending.append((begin + place, end, depth + 1, node, known, right))
            pending.append((begin, begin + place, depth + 1, node, known, left))
        else:
            for row in work.rows[begin:end]:
                work.leaf[row] = node


# --- leaves
# -----------------------------------------------------------------------------------------------


@compiled
def block_sum(x: Floats) -> float:
    """Sum at most BLOCK numbers as numpy does: in eight lanes, then what is left over."""
    total, whole = 0.0, x.size - x.size % LANES
    if whole:
        a, b, c, d, e, f, g, h = x[0], x[1], x[2], x[3], x[4], x[5], x[6], x[7]
        for i in range(LANES, whole, LANES):
            a, b, c, d = a + x[i], b + x[i + 1], c + x[i + 2], d + x[i + 3]
            e, f, g, h = e + x[i + 4], f + x[i + 5], g + x[i + 6], h + x[i + 7]
        total = ((a + b) + (c + d)) + ((e + f) + (g + h))
    for i in range(whole, x.size):
        total += x[i]
    return total


@compiled
def pairwise_sum(x: Floats) -> float:
    """Sum as numpy does: halves of halves down to blocks, and the blocks' sums pairwise up
    again.
    """
    pending, sums, at = [(x.size, 0)], [(0.0, -1)], 0  # sizes and sums, each with its depth
    while pending:
        size, depth = pending.pop()
        if size > BLOCK:
            half = size // 2 - size // 2 % LANES
            pending.append((size - half, depth + 1))
            pending.append((half, depth + 1))
        else:
            total = block_sum(x[at : at + size])
            at += size
            while sums[-1][1] == depth:  # the left half is done: this was the right one
                total += sums.pop()[0]
                depth -= 1
            sums.append((total, depth))
    return sums[-1][0]


@compiled
def fit_leaves(
    target: Floats, labels: Ints, label: int, factor: float, tree: Trees, work: Workspace
) -> None:
    """Give each leaf the Newton step of its rows: mean gradient over mean Hessian, times the
    factor.
    """
    gradient, hessian = work.gathered
    for row in range(target.size):
        leaf = work.leaf[row]
        place = work.begin[leaf]
        work.begin[leaf] += 1
        chance = (labels[row] == label) - target[row]
        gradient[place], hessian[place] = target[row], chance * (1 - chance)
    for node in range(tree.used[0]):
        if tree.left[node] == NONE:
            size, end = tree.size[node], work.begin[node]
            slope = pairwise_sum(gradient[end - size : end]) / size * factor
            curve = pairwise_sum(hessian[end - size : end]) / size
            tree.value[node] = 0.0 if abs(curve) < TINY else slope / curve


# --- a stage, and predictions
# -----------------------------------------------------------------------------


@compiled
def pick(trees: Trees, k: int) -> Trees:
    """Return the tree k, as views."""
    return Trees(
        trees.code[k],
        trees.threshold[k],
        trees.left[k],
        trees.right[k],
        trees.value[k],
        trees.impurity[k],
        trees.size[k],
        trees.used[k : k + 1],
    )


@compiled
def grow_share(
    first: int,
    step: int,
    work: Workspace,
    table: Table,
    target: Floats,
    labels: Ints,
    seeds: Ints,
    rate: float,
    trees: Trees,
    raw: Floats,
) -> None:
    """Grow every step-th tree of a stage and add it to raw.

    Target, seeds, trees and raw are (T, ...).
    """
    num_trees = raw.shape[0]
    factor = (num_trees - 1) / num_trees if num_trees > 1 else 1.0
    for k in range(first, num_trees, step):
        tree = pick(trees, k)
        grow(table, target[k], seeds[k], work, tree)
        fit_leaves(target[k], labels, k if num_trees > 1 else 1, factor, tree, work)
        for row in range(labels.size):
            raw[k, row] += rate * tree.value[work.leaf[row]]


@compiled
def add_trees(values: Any, rate: float, trees: Trees, raw: Floats) -> None:
    """Add one stage of trees to the raw predictions (T, n) of values (d, n)."""
    for k in range(raw.shape[0]):
        tree = pick(trees, k)
        for row in range(raw.shape[1]):
            node = 0
            while tree.left[node] != NONE:
                goes_left = values[tree.code[node], row] <= tree.threshold[node]
                node = tree.left[node] if goes_left else tree.right[node]
            raw[k, row] += rate * tree.value[node]
