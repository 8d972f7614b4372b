"""Rows that are drawn in one go are those drawn one batch after the other."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from mtdis.metrics import factor_table


@settings(deadline=None, max_examples=60)
@given(
    sizes=st.lists(st.integers(2, 9), min_size=1, max_size=4),
    rows=st.sampled_from(["grid", "shuffled"]),
    num=st.integers(1, 200),
    batch_size=st.integers(1, 70),
    seed=st.integers(0, 2**32 - 1),
)
def test_rows_in_batches_are_the_batches_rows(
    sizes: list[int], rows: str, num: int, batch_size: int, seed: int
) -> None:
    classes = np.indices(sizes).reshape(len(sizes), -1).T
    table = factor_table(classes if rows == "grid" else classes[::-1])
    at_once, one_by_one = np.random.RandomState(seed), np.random.RandomState(seed)
    batches = [
        table.rows(one_by_one, min(batch_size, num - start)) for start in range(0, num, batch_size)
    ]
    found = table.rows_in_batches(at_once, num, batch_size)
    np.testing.assert_array_equal(found, np.concatenate(batches))
    assert at_once.randint(10**9) == one_by_one.randint(10**9), "the generator is elsewhere"
