from itertools import combinations

import numpy as np
import pytest

from benchmarks.renderers import kept, make, pairs, pictures, report
from mtdis.specs.dataset import Dataset


def test_pairs_are_those_that_a_search_through_all_rows_finds():
    sizes = (2, 3, 4)
    numbers = np.random.RandomState(0).randint(5, size=24)
    rows = np.indices(sizes).reshape(3, -1).T
    found = [0, 0, 0]
    for a, b in combinations(range(24), 2):
        differing = np.flatnonzero(rows[a] != rows[b])
        if len(differing) == 1 and numbers[a] == numbers[b]:
            found[differing[0]] += 1
    assert min(found) > 0
    assert pairs(numbers, sizes) == found


@pytest.mark.slow
@pytest.mark.parametrize(
    ("orientations", "row"), [((0, 10, 39), "| 1 | orientation 1 |"), ((0, 10), "| 0 | none |")]
)
def test_dsprites_repeats_its_first_orientation_in_the_last(tmp_path, orientations, row):
    one = {"shape": (2,), "scale": (5,), "posX": (7,), "posY": (7,), "orientation": orientations}
    spec = Dataset.member("dsprites_rendered").parse({"classes": one})
    making = make(spec, tmp_path / "d.json")
    text = report(spec, making, pictures(tmp_path / "d.h5"))
    assert text.endswith(row)
    assert f"| {len(orientations)} |" in text
    assert 10 < making.mebibytes < 2048


def test_a_sub_grid_is_written_factor_by_factor():
    assert kept("floor_hue=2") == ("floor_hue", 2)
