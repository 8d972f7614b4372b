"""`mtdis compare`: two studies beside each other, paired by variant and seed."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from helpers.long_table import make_long_table, with_losses

from mtdis import paths
from mtdis.artifacts import files
from mtdis.cli import main
from mtdis.study import started

KEYS = ("discrete_mig", "SAP_score")
SEEDS = (1, 2, 3)


def _frame(**fields: Any) -> pd.DataFrame:
    fields = {"kinds": ("multi_head", "random"), "keys": KEYS, "seeds": SEEDS} | fields
    return make_long_table(**fields)


def _study(name: str, frame: pd.DataFrame) -> pd.DataFrame:
    files.write_frame(Path(paths.study_table(name)), frame)
    return frame


def _compared(capsys: pytest.CaptureFixture[str], *studies: str) -> dict[str, Any]:
    assert main(["compare", *studies, "--json"]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def _of(frame: pd.DataFrame, key: str, kind: str = "multi_head") -> np.ndarray:
    own = frame[frame["key"].eq(key) & frame["kind"].eq(kind)]
    return own.sort_values("seed")["value"].to_numpy()


def test_a_changed_setting_pairs_runs_by_seed(capsys: pytest.CaptureFixture[str]) -> None:
    before = _study("before", _frame(learning_rates=(0.1,)))
    after = _frame(learning_rates=(0.01,))
    moved = after["metric"].eq("mig") & after["kind"].eq("multi_head")
    after.loc[moved, "value"] += [0.1, 0.2, 0.6]
    _study("after", after)
    found = _compared(capsys, "before", "after")
    assert found["settings"] == [
        {
            "kind": "multi_head",
            "dataset": "dsprites_rendered",
            "field": "learning_rate",
            "first": ["0.1"],
            "second": ["0.01"],
        }
    ]
    [line] = found["moved"]
    differences = _of(after, "discrete_mig") - _of(before, "discrete_mig")
    assert (line["kind"], line["key"], line["n"]) == ("multi_head", "discrete_mig", 3)
    assert line["difference"] == pytest.approx(differences.mean())
    # of three pairs the test rejects what lies beyond the outermost differences
    assert (line["low"], line["high"]) == pytest.approx((differences.min(), differences.max()))
    assert line["level"] == 0.75
    assert found["unmoved"] == 3
    assert found["only"] == [{}, {}]


def test_shared_sweeps_are_held(capsys: pytest.CaptureFixture[str]) -> None:
    _study("a", _frame(tasks=(1, 4)))
    more = _frame(tasks=(1, 4))
    more.loc[more["spec.tasks.count"].eq(4), "value"] += 0.5
    _study("b", more)
    lines = _compared(capsys, "a", "b")["moved"]
    assert {line["variant"] for line in lines} == {"tasks.count=4"}
    assert {line["n"] for line in lines} == {3}


def test_what_diverged_is_counted_and_what_one_lacks_is_named(
    capsys: pytest.CaptureFixture[str],
) -> None:
    _study("a", with_losses(_frame(diverged=(("multi_head", "shared", 1),))))
    other = _frame(seeds=(1, 2), keys=("discrete_mig",), kinds=("multi_head", "one_head"))
    other["value"] += 0.5
    _study("b", other)
    found = _compared(capsys, "a", "b")
    [line] = found["moved"]
    assert (line["n"], line["diverged"]) == (1, 1)
    assert line["low"] is None
    first, second = found["only"]
    assert first["kinds"] == ["random on dsprites_rendered"]
    assert "sap, SAP_score, sap" in first["scores"]
    assert first["seeds"] == ["3"]
    assert second == {"kinds": ["one_head on dsprites_rendered"]}


def test_text_and_page_say_it_and_escape_it(capsys: pytest.CaptureFixture[str]) -> None:
    _study("a", _frame(learning_rates=(0.1,)))
    hostile = "own <script>alert(1)</script>"
    _study("b", _frame(learning_rates=(0.01,)).assign(value=0.5))
    _study("c", _frame(learning_rates=(0.01,)).assign(dataset=hostile))
    assert main(["compare", "a", "b", "--html", "page.html"]) == 0
    out = capsys.readouterr().out
    assert "learning_rate  multi-head  dSprites (rendered)" in out
    assert "4 scores and errors moved, 0 are equal" in out
    assert "multi-head" in Path("page.html").read_text()
    assert main(["compare", "a", "c", "--html", "page.html"]) == 0
    assert "nothing is paired" in capsys.readouterr().out
    text = Path("page.html").read_text()
    assert "<script>" not in text
    assert "&lt;script&gt;" in text


def test_a_study_that_is_not_there_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    _study("a", _frame())
    assert main(["compare", "a", "nought"]) == 2
    said = capsys.readouterr().err
    assert "no study 'nought'" in said
    assert "Give a name (a)" in said


def test_configs_are_compared_where_each_is_known(capsys: pytest.CaptureFixture[str]) -> None:
    for name, epochs in (("one", 1), ("two", 2), ("none", 0)):
        _study(name, _frame())
        record = Path(paths.started(name))
        config = {"name": name, "metrics": {"mig": {}}, "defaults": {"epochs": epochs}}
        if epochs:
            record.write_text(json.dumps({"format": started.FORMAT, "config": config}))
    found = _compared(capsys, "one", "two")
    assert found["config"] == [
        {"entry": "name", "first": "one", "second": "two"},
        {"entry": "defaults.epochs", "first": "1", "second": "2"},
    ]
    assert (found["moved"], found["unmoved"]) == ([], 4)
    assert _compared(capsys, "one", "none")["config"] is None
