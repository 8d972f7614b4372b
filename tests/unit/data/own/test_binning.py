"""The advice on factors that are no classes: its lines, as they are printed, make a table that is
taken.
"""

import shlex
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mtdis.data.own.table import FactorTable, read_table
from mtdis.errors import ArtifactError

RNG = np.random.default_rng(0)
COLUMNS = {
    "measured": RNG.normal(size=80),  # every value once
    "often zero": np.where(np.arange(80) < 50, 0.0, RNG.normal(size=80)),
    "few values": np.tile([0.25, -1.5, 3e-7, 1.0], 20),
}


def write(path: Path, frame: pd.DataFrame) -> Path:
    if path.suffix == ".csv":
        frame.to_csv(path, index=False)
    else:
        frame.to_parquet(path)
    return path


def advised(message: str) -> FactorTable:
    """The table that the lines of an advice make."""
    lines = [line.strip() for line in message.splitlines() if line.startswith("  ")]
    found: dict[str, object] = {}
    exec("\n".join(lines), found)
    return read_table(Path(shlex.split(message.splitlines()[-1])[-1]))


@pytest.mark.parametrize("name", ["it's a table.csv", "t.parquet"])
@pytest.mark.parametrize("kind", COLUMNS)
def test_a_column_of_fractions_is_taken_once_the_advice_was_followed(
    kind: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    frame = pd.DataFrame({"a": [0, 1] * 40, "x": COLUMNS[kind]})
    path = write(Path(name), frame)
    with pytest.raises(ArtifactError) as raised:
        read_table(path, ["a", "x"])
    factor = advised(str(raised.value)).factors["x"]
    raw = pd.Series(COLUMNS[kind]).groupby(factor.classes)
    np.testing.assert_allclose(factor.values, raw.mean())
    assert (raw.max().to_numpy()[:-1] <= raw.min().to_numpy()[1:]).all()  # bins in order
    assert len(factor.values) == (4 if kind == "few values" else raw.ngroups)
    assert raw.size().min() >= (20 if kind == "few values" else 7)
    assert (raw.nunique().max() == 1) == (kind == "few values")


def test_a_measurement_that_is_left_out_comes_with_the_same_advice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    frame = pd.DataFrame({"a": [0, 1] * 40, "x": COLUMNS["measured"]})
    (remark,) = read_table(write(Path("t.csv"), frame)).remarks
    assert np.bincount(advised(remark).factors["x"].classes).tolist() == [8] * 10
