"""The published split: equal to sklearn's shuffle, disjoint, covering, and the same for ever.

And by combinations.

What is held out never occurs in training, while each class does.
"""

from hashlib import sha256
from math import prod

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.utils import shuffle

from mtdis.data.split import split_combinations, split_rows
from mtdis.errors import ConfigError
from mtdis.specs.grids import DSPRITES, MPI3D, SHAPES3D
from mtdis.specs.split import combination_counts, row_counts

PARTS = ("train", "validation", "test")
STORED = {  # sha256 of the little-endian int64 row numbers of the dSprites split
    "train": "4f077d63e6a5383d13210d5a493c91a3b3f78fee0303017b4a35ed6fa4637242",
    "validation": "97a2cfd7b0d76b8b085aa03daa7fbf7a1a5ee05488cdc03d8a8dc1e3f97130c8",
    "test": "e26818e580c41f9d4657a847ee577e1c36bb766d9b8611ceb1195217d8c6d623",
}


@pytest.mark.parametrize(
    ("grid", "sizes"),
    [
        (DSPRITES, (552_960, 92_160, 92_160)),
        (SHAPES3D, (360_000, 60_000, 60_000)),
        (MPI3D, (777_600, 129_600, 129_600)),
    ],
    ids=["dSprites", "Shapes3D", "MPI3D"],
)
def test_sizes_of_the_published_datasets(grid, sizes):
    split = split_rows(grid.count)
    assert tuple(len(split[part]) for part in PARTS) == sizes


def test_the_dsprites_split_never_changes():
    split = split_rows(DSPRITES.count)
    assert {
        part: sha256(rows.astype("<i8").tobytes()).hexdigest() for part, rows in split.items()
    } == STORED


@settings(deadline=None, max_examples=50)
@given(num_rows=st.integers(5, 3000), seed=st.integers(0, 2**32 - 1))
def test_equals_sklearn_and_is_disjoint_and_covering(num_rows, seed):
    split = split_rows(num_rows, seed)
    joined = np.concatenate([split[part] for part in PARTS])
    assert joined.dtype == np.int64
    assert np.array_equal(joined, shuffle(np.arange(num_rows), random_state=seed))
    assert np.array_equal(np.sort(joined), np.arange(num_rows))
    assert len(split["train"]) == int(0.75 * num_rows)
    assert len(split["train"]) + len(split["validation"]) == int(0.875 * num_rows)
    assert all(split[part].size for part in PARTS)


def test_the_default_seed_is_the_released_one():
    assert np.array_equal(split_rows(100)["test"], split_rows(100, 123)["test"])
    assert not np.array_equal(split_rows(100)["test"], split_rows(100, 124)["test"])


@pytest.mark.parametrize("num_rows", range(5))
def test_too_few_rows_are_refused(num_rows):
    with pytest.raises(ValueError, match=f"at least 5. Got {num_rows} instead"):
        split_rows(num_rows)


def test_global_random_state_is_left_alone():
    before = np.random.get_state()[1].copy()
    split_rows(100)
    assert np.array_equal(before, np.random.get_state()[1])


def classes_of(sizes):
    """Classes (N, K) of a complete grid."""
    return np.stack(np.unravel_index(np.arange(prod(sizes)), sizes), axis=1)


def combinations(classes):
    return set(map(tuple, classes.tolist()))


def check(classes, split):
    """Rows are in one part each, combinations too, and training has all classes."""
    assert all(split[part].size and split[part].dtype == np.int64 for part in PARTS)
    assert np.array_equal(
        np.sort(np.concatenate([split[part] for part in PARTS])), np.arange(len(classes))
    )
    parts = [combinations(classes[split[part]]) for part in PARTS]
    assert sum(map(len, parts)) == len(set.union(*parts))
    for column, trained in zip(classes.T, classes[split["train"]].T, strict=True):
        assert set(column) == set(trained)
    return [len(part) for part in parts]


seeds = st.integers(0, 2**32 - 1)


@settings(deadline=None, max_examples=60)
@given(
    sizes=st.lists(st.integers(2, 6), min_size=2, max_size=3), seed=seeds, times=st.integers(1, 3)
)
def test_combinations_of_a_complete_grid_are_cut_as_rows_are(sizes, seed, times):
    classes = np.repeat(classes_of(sizes), times, axis=0)
    found = check(classes, split_combinations(classes, seed, ["a", "b", "c"][: len(sizes)]))
    total = prod(sizes)
    cut = [int(0.75 * total), int(0.875 * total) - int(0.75 * total), total - int(0.875 * total)]
    assert found == (cut if total > 4 else [2, 1, 1])


@settings(deadline=None, max_examples=200)
@given(
    sizes=st.lists(st.integers(2, 5), min_size=2, max_size=3),
    seed=seeds,
    rows=st.lists(st.integers(0, 2**16), min_size=1, max_size=60),
)
def test_incomplete_tables_are_split_or_refused(sizes, seed, rows):
    table = classes_of(sizes)[np.array(rows) % prod(sizes)]
    table = np.stack([np.unique(column, return_inverse=True)[1] for column in table.T], axis=1)
    occurring = table.max(axis=0) + 1
    at_most = sum(occurring) - len(occurring) + 1  # one combination, and one for each further class
    at_least = max(occurring)
    try:
        check(table, split_combinations(table, seed, "abc"))
    except ConfigError:
        assert len(combinations(table)) < at_most + 2
    else:
        assert len(combinations(table)) >= at_least + 2


def test_a_class_that_occurs_in_one_combination_trains():
    table = np.array([*classes_of((4, 4)).tolist(), (4, 0)])
    for seed in range(20):
        assert 16 in split_combinations(table, seed, "ab")["train"]


def test_another_seed_holds_out_other_combinations():
    table = classes_of((5, 5))
    first, again, other = (split_combinations(table, seed, "ab")["test"] for seed in (1, 1, 2))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.slow
def test_the_held_out_combinations_of_dsprites_never_change():
    split = split_combinations(classes_of(DSPRITES.sizes)[:, 1:3], 123, ["shape", "scale"])
    assert {
        part: sha256(rows.astype("<i8").tobytes()).hexdigest() for part, rows in split.items()
    } == {
        "train": "c8e92deea8877db0fd58ece1ffcaaa6ca5f18319b6cb0484417bdaf6c4772daf",
        "validation": "658a79669fbaac1f8781dfe6f68cc0747761a77109ce7cfa45d032ed739eb220",
        "test": "e90514fa103b316ae26cc5d3633842ae00dabc144431b594f978092a4c43069a",
    }


def test_too_few_combinations_are_refused_with_how_many_are_needed():
    table = np.array([(c, c) for c in range(5)] * 4 + [(0, 1)])
    with pytest.raises(
        ConfigError,
        match="held_out shape, scale: these factors have 6 combinations of classes, and 7",
    ):
        split_combinations(table, 123, ["shape", "scale"])


@given(st.integers(8, 10**6))
def test_combinations_are_cut_where_rows_are(number):
    assert combination_counts(number, 2) == row_counts(number)


@given(combined=st.integers(2, 100), extra=st.integers(0, 100))
def test_training_has_as_many_combinations_as_it_needs(combined, extra):
    train, validation, test = combination_counts(combined + extra, combined)
    assert train >= combined
    assert train + validation + test == combined + extra
    assert (validation > 0 and test > 0) == (extra >= 2)
