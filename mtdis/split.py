"""Which rows of a dataset train, validate and test: the split of the released code."""

import numpy as np
from numpy.typing import NDArray

Split = dict[str, NDArray[np.int64]]


def split_rows(num_rows: int, seed: int = 123) -> Split:
    """Row numbers of `train` (75 %), `validation` and `test` (12.5 % each): disjoint, covering, shuffled.

    Equals `sklearn.utils.shuffle(rows, random_state=seed)` cut at int(.75 N) and int(.875 N), as the released
    code does with seed 123. Raises ValueError if a part would be empty (fewer than 5 rows).
    """
    rows = np.arange(num_rows, dtype=np.int64)
    np.random.RandomState(seed).shuffle(rows)
    train, validation, test = np.split(rows, [int(0.75 * num_rows), int(0.875 * num_rows)])
    parts = {"train": train, "validation": validation, "test": test}
    if empty := [name for name, part in parts.items() if not part.size]:
        raise ValueError(
            f"The 'num_rows' parameter of split_rows must be at least 5. Got {num_rows} instead, "
            f"which leaves no row for: {', '.join(empty)}."
        )
    return parts
