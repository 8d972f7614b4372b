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


@pytest.fixture(params=FORMATS, ids=lambda folder: folder.name)
def old(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A copy of results of an earlier format, in the working folder."""
    shutil.copytree(request.param, tmp_path, dirs_exist_ok=True)
    return tmp_path


def test_the_folders_of_earlier_formats_are_there() -> None:
    assert [folder.name for folder in FORMATS] == ["results-format-1"]


def test_results_of_earlier_formats_are_done_and_said_to_be_unsealed(
    old: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["status", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    for what in ("runs", "scores", "stages"):
        assert (found["total"][what]["all"], found["total"][what]["done"]) == (2, 2)
    assert found["stale"] == {}
    assert found["unsealed"] == 6
    assert main(["status"]) == 0
    assert "unsealed: 6 records are from before" in capsys.readouterr().out


def test_the_long_table_of_earlier_formats_is_what_it_was(old: Path) -> None:
    assert main(["long_table", "--experiment", "one", "--out", "long.parquet"]) == 0
    before = read_frame(old / "results/studies/before/tables/one/long.parquet")
    pd.testing.assert_frame_equal(read_frame(old / "long.parquet"), before)


def test_results_of_earlier_formats_are_unsealed_but_not_damaged(
    old: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["doctor", "--results", "--json"]) == 0
    (found,) = json.loads(capsys.readouterr().out)
    assert (found["thing"], found["standing"]) == ("unsealed", "note")
    run = next((old / "results/runs").glob("multi_head*/run.json"))
    run.write_text(run.read_text().replace('"networks"', '"nets"'))
    assert main(["doctor", "--results"]) == 1
    assert "result.networks: field required" in capsys.readouterr().out
