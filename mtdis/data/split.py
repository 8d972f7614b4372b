"""The split of a dataset's rows to train, validate and test: as the released code does it, or by
combinations of classes.
"""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from mtdis.errors import ConfigError
from mtdis.randomness import generator
from mtdis.specs.run import Run
from mtdis.specs.split import combination_counts, row_counts, too_few

Split = dict[str, NDArray[np.int64]]
PARTS = ("train", "validation", "test")


def split_of(run: Run, num_rows: int, read_factors: Callable[[], NDArray[np.int64]]) -> Split:
    """The split of a run's dataset.

    Classes (N, K) of all factors are read only if the run holds combinations out.
    """
    if not run.held_out:
        return split_rows(num_rows, run.split_seed)
    columns = [run.dataset.names.index(factor) for factor in run.held_out]
    return split_combinations(read_factors()[:, columns], run.split_seed, run.held_out)


def split_rows(num_rows: int, seed: int = 123) -> Split:
    """Row numbers of `train` (75 %), `validation` and `test` (12.5 % each): disjoint, covering,
    shuffled.

    Equals `sklearn.utils.shuffle(rows, random_state=seed)` cut at int(.75 N) and int(.875 N), as
    the released code does with seed 123. Raises ValueError if a part would be empty (fewer than 5
    rows).
    """
    rows = np.arange(num_rows, dtype=np.int64)
    np.random.RandomState(seed).shuffle(rows)
    train, validation, _ = row_counts(num_rows)
    parts = dict(zip(PARTS, np.split(rows, [train, train + validation]), strict=True))
    if empty := [name for name, part in parts.items() if not part.size]:
        raise ValueError(
            f"The 'num_rows' parameter of split_rows must be at least 5. Got {num_rows} instead, "
            f"which leaves no row for: {', '.join(empty)}."
        )
    return parts


def split_combinations(classes: NDArray[np.int64], seed: int, held_out: Sequence[str]) -> Split:
    """Row numbers of each part, ascending, split by combinations of classes (N, K).

    No combination is in two parts, and training has every class. The combinations that occur are
    shuffled. First those enter training that it takes to have every class, then the others in turn:
    75 % train, 12.5 % validate, 12.5 % test. Raises ConfigError, naming the factors `held_out`, if
    they are too few for that.
    """
    combinations, of_row = np.unique(classes, axis=0, return_inverse=True)
    order = generator(seed, "held-out combinations").permutation(len(combinations))
    first = order[_with_every_class(combinations[order])]
    counts = combination_counts(len(order), len(first))
    if not all(counts):
        raise ConfigError(f"held_out {', '.join(held_out)}: {too_few(len(order), len(first))}.")
    part = np.empty(len(order), np.int64)
    part[np.concatenate([first, order[~np.isin(order, first)]])] = np.repeat(
        range(len(PARTS)), counts
    )
    of_row = part[of_row.reshape(-1)]
    return {name: np.flatnonzero(of_row == number) for number, name in enumerate(PARTS)}


def _with_every_class(combinations: NDArray[np.int64]) -> list[int]:
    """Places of combinations (M, K) that together have every class of each factor.

    In turn the first of those that bring the most new classes. On a complete grid they are as many
    as the largest factor has classes: a random diagonal of it.
    """
    missing = [np.bincount(column).astype(bool) for column in combinations.T]
    chosen = []
    while any(classes.any() for classes in missing):
        new = np.sum(
            [classes[column] for classes, column in zip(missing, combinations.T, strict=True)],
            axis=0,
        )
        chosen.append(int(new.argmax()))
        for classes, one in zip(missing, combinations[chosen[-1]], strict=True):
            classes[one] = False
    return chosen
