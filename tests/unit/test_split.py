"""The published split: equal to sklearn's shuffle, disjoint, covering, and the same for ever."""

from hashlib import sha256

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.utils import shuffle

from mtdis.specs.grids import DSPRITES, MPI3D, SHAPES3D
from mtdis.split import split_rows

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
    assert {part: sha256(rows.astype("<i8").tobytes()).hexdigest() for part, rows in split.items()} == STORED


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
