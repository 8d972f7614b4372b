"""Results that earlier versions of the code made are still read: a small folder per format."""

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest
from helpers.places import REFERENCES

from mtdis.artifacts.files import read_frame
from mtdis.cli import main

FORMATS = sorted(REFERENCES.glob("results-format-*"))
UNSEALED = {"results-format-1": 6, "results-format-2": 0}
"""Records without a checksum of themselves, by format. Of format 2 the tables have none yet, nor
have datasets one of their whole file; its score indexes do not say what computed them.
"""
CHANGED = {"results-format-1": "result.networks: field required", "results-format-2": "its seal"}
"""What is said of a run's record that someone changed."""


@pytest.fixture(params=FORMATS, ids=lambda folder: folder.name)
def old(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of results of an earlier format, named after it: the working folder."""
    copy = Path(shutil.copytree(request.param, tmp_path / request.param.name))
    monkeypatch.chdir(copy)
    return copy


def test_the_folders_of_earlier_formats_are_there() -> None:
    assert [folder.name for folder in FORMATS] == list(UNSEALED)


def test_results_of_earlier_formats_are_done_and_said_to_be_unsealed(
    old: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["status", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    for what in ("runs", "scores", "stages"):
        assert (found["total"][what]["all"], found["total"][what]["done"]) == (2, 2)
    assert found["stale"] == {}
    assert found["unsealed"] == UNSEALED[old.name]
    assert main(["status"]) == 0
    said = "unsealed: 6 records are from before" in capsys.readouterr().out
    assert said == bool(UNSEALED[old.name])


def test_the_long_table_of_earlier_formats_is_what_it_was(old: Path) -> None:
    assert main(["long_table", "--experiment", "one", "--out", "long.parquet"]) == 0
    before = read_frame(old / "results/studies/before/tables/one/long.parquet")
    found = read_frame(old / "long.parquet")
    pd.testing.assert_frame_equal(found[list(before)], before)
    added = set(found) - set(before)
    later = {column for column in added if not column.startswith("spec.")}
    assert later == {"symmetry"}  # beside fields that came later


def test_a_table_of_earlier_stages_is_what_it_was(tmp_path: Path) -> None:
    shutil.copytree(REFERENCES / "results-format-2", tmp_path, dirs_exist_ok=True)
    tables = Path("results/studies/before/tables/one")
    stages = [str(path) for path in sorted(Path("results/stages").glob("*/stage.json"))]
    words = ["table", "--name", "table1", "--long", str(tables / "long.parquet"), "--stages"]
    assert main([*words, *stages, "--out", "table1.csv"]) == 0
    assert Path("table1.csv").read_bytes() == (tables / "table1.csv").read_bytes()


def test_results_of_earlier_formats_are_unsealed_but_not_damaged(
    old: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["doctor", "--results", "--json"]) == 0
    (found,) = json.loads(capsys.readouterr().out)
    assert (found["thing"], found["standing"]) == ("unsealed", "note")
    run = next((old / "results/runs").glob("*/run.json"))
    run.write_text(run.read_text().replace('"networks"', '"nets"'))
    assert main(["doctor", "--results"]) == 1
    assert CHANGED[old.name] in capsys.readouterr().out
