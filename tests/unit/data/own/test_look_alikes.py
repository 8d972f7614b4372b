"""Equal images of other classes are found whatever their order and number, and remarked."""

from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from helpers.beads import write_beads
from numpy.typing import NDArray

from mtdis.cli import main
from mtdis.data.own.look_alikes import ImageDigests, LookAlikes, find_look_alikes


def by_pairs(images: NDArray[np.uint8], classes: NDArray[np.int64]) -> LookAlikes | None:
    """The same, by comparing every image with every other."""
    pairs = [
        pair
        for pair in combinations(range(len(images)), 2)
        if (images[pair[0]] == images[pair[1]]).all()
        and (classes[pair[0]] != classes[pair[1]]).any()
    ]
    if not pairs:
        return None
    one, other = pairs[0]
    return LookAlikes(
        len({row for pair in pairs for row in pair}),
        pairs[0],
        tuple(k for k in range(classes.shape[1]) if classes[one, k] != classes[other, k]),
    )


@pytest.mark.parametrize("seed", range(20))
def test_they_are_those_that_comparing_all_pairs_finds(seed: int) -> None:
    rng = np.random.default_rng(seed)
    count, kinds = int(rng.integers(2, 30)), int(rng.integers(1, 40))
    images = rng.integers(0, 2, (kinds, 2, 2, 1), np.uint8)[rng.integers(0, kinds, count)]
    classes = rng.integers(0, int(rng.integers(1, 4)), (count, 3))
    digests = ImageDigests()
    for chunk in np.array_split(images, 3):
        digests.add(chunk)
    assert find_look_alikes(digests.groups(), classes) == by_pairs(images, classes)


def test_digests_that_end_in_zero_bytes_stay_apart() -> None:
    digests = ImageDigests(bytearray(b"a" * 15 + b"\0" + b"a" * 15 + b"b" + b"a" * 15 + b"\0"))
    assert digests.groups().tolist() == [0, 1, 0]


def test_the_command_says_how_many_which_and_what_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_beads(tmp_path / "own/beads", count=40, side=8)
    folder = tmp_path / "own/beads"
    lines = (folder / "factors.csv").read_text().splitlines()
    (folder / "images/0031.png").write_bytes((folder / "images/0006.png").read_bytes())
    for row, shape in ((6, "ring"), (31, "square")):
        lines[row] = f"{row:04}.png,{shape},1,45.0,2"
    (folder / "factors.csv").write_text("\n".join(lines))
    assert main(["own", "beads"]) == 0
    said = [line for line in capsys.readouterr().out.splitlines() if "byte by byte" in line]
    assert len(said) == 1
    assert said[0].startswith(
        "# 2 of 40 images are equal, byte by byte, to another one of other classes, such as those"
        " of rows 6 and 31 of the table (shape ring and square): no encoder can tell them apart"
    )
    lines[31] = "0031.png,ring,1,45.0,2"
    (folder / "factors.csv").write_text("\n".join(lines))
    assert main(["own", "beads"]) == 0
    assert "byte by byte" not in capsys.readouterr().out
