"""Long tables written and joined in parts hold what one frame of all rows holds, whatever the size
of the parts.
"""

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from helpers.small_results import CONFIG, finish, finish_stage, of_kind, score, study_in

from mtdis import paths
from mtdis.artifacts import records
from mtdis.cli import main
from mtdis.reporting import long_table, long_table_files
from mtdis.specs.expectation import symmetry
from mtdis.specs.ids import flatten
from mtdis.study import Study

ONE = CONFIG["experiments"]["one"]


def finished(folder: Path, **experiments: Any) -> Study:
    study = study_in(folder, CONFIG | {"experiments": experiments})
    for run_id in study.runs:
        finish(study, run_id, ["task1"])
        score(study, run_id, "ValueError: one class" if "seed=2" in run_id else "")
    return study


def table_of(experiment: str) -> Path:
    path = Path(paths.long_table("small", experiment))
    assert main(["long_table", "--experiment", experiment, "--out", str(path)]) == 0
    return path


def whole(study: Study, experiment: str) -> pd.DataFrame:
    """All rows in one frame, as pandas makes it of them."""
    rows: list[Any] = []
    for run_id in study.run_ids(experiment):
        record, index = (records.read_json(Path(p(run_id)), "") for p in (paths.run, paths.scores))
        run = study.runs[run_id]
        about = {
            "experiment": experiment,
            "run": run_id,
            "kind": run.name(),
            "dataset": run.dataset.title,
            "seed": run.seed,
            "replica_of": run.dataset.replica_of,
            "symmetry": symmetry(run),
            "stage": "",
            "stage_id": "",
        }
        fields = {
            path: " ".join(map(str, v)) if isinstance(v, list | tuple) else v
            for path, v in flatten(run.resolved())
        }
        about |= {
            f"spec.{path}": value for path, value in fields.items() if path not in ("kind", "seed")
        }
        rows += [about | row for row in long_table.run_rows(run, record, index)]
    frame = pd.DataFrame(rows)
    extra = sorted(set(frame.columns) - set(long_table.COLUMNS))
    types = dict.fromkeys(long_table.INTEGERS, "Int64") | {"value": "float64"}
    return frame.reindex(columns=[*long_table.COLUMNS, *extra]).astype(types)


@pytest.mark.parametrize("runs", [1, 2, 100])
def test_parts_are_the_whole(runs: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    study = finished(tmp_path, one=ONE)
    monkeypatch.setattr(long_table, "CHUNK", runs)
    path = table_of("one")
    expected = whole(study, "one")
    pd.testing.assert_frame_equal(pd.read_parquet(path), expected)
    expected.to_csv("expected.csv", index=False, lineterminator="\n")
    assert path.with_suffix(".csv").read_bytes() == Path("expected.csv").read_bytes()
    assert len(list(long_table_files.parts(path))) == -(-len(study.runs) // runs)


def test_rows_of_a_run_say_nothing_of_a_stage_on_it(tmp_path: Path) -> None:
    study = finished(tmp_path, one=ONE | {"kind": "multi_head", "stages": {"umap": {"rows": 12}}})
    (stage_id,) = study.stages
    finish_stage(study, stage_id, {"metric": "umap", "key": "anything", "value": 0.5})
    table = pd.read_parquet(table_of("one"))
    of_stage = table["stage"] == "umap"
    assert list(table.loc[of_stage, "stage_id"]) == [stage_id]
    assert list(table.loc[of_stage, "stage.rows"]) == [12]
    assert table.loc[~of_stage, "stage_id"].eq("").all()
    assert table.loc[~of_stage, "stage.rows"].isna().all()
    assert table.loc[~of_stage, "run"].nunique() == 2
    pd.testing.assert_frame_equal(table[~of_stage][list(whole(study, "one"))], whole(study, "one"))


def test_the_study_table_has_each_row_once_and_who_wants_it(tmp_path: Path) -> None:
    random = {k: ONE[k] for k in ("dataset", "seed")} | {"kind": "random"}
    multi = ONE | {"kind": "multi_head", "seed": [1]}
    study = finished(tmp_path, one=random, two=ONE, three=multi)
    out = Path("all.parquet")
    assert (
        main(
            [
                "study_table",
                "--long",
                *(str(table_of(e)) for e in study.experiments),
                "--out",
                str(out),
            ]
        )
        == 0
    )
    joined = pd.read_parquet(out)
    assert not joined.duplicated(["run", "network", "metric", "key", "task"]).any()
    wanted = joined.groupby("run")["experiment"].unique().map(list).to_dict()
    assert wanted[of_kind(study, "random")] == ["one;two"]
    assert wanted[of_kind(study, "multi_head")] == ["two;three"]
    assert wanted[of_kind(study, "multi_head", 2)] == ["two"]
    every = whole(study, "two")
    rest = joined.drop(columns="experiment").sort_values(
        ["run", "network", "metric", "key", "task"], ignore_index=True
    )
    same = every.drop(columns="experiment").sort_values(
        ["run", "network", "metric", "key", "task"], ignore_index=True
    )
    pd.testing.assert_frame_equal(rest[same.columns], same, check_dtype=False)
    from_csv = pd.read_csv(out.with_suffix(".csv"), dtype={"error": str})
    pd.testing.assert_series_equal(from_csv["value"], joined["value"])


def test_numbers_that_a_table_lacks_become_floating_ones(tmp_path: Path) -> None:
    """As a frame has them that was concatenated in memory: in the csv, 3.0 in every row and not in
    some.
    """
    random = {k: ONE[k] for k in ("dataset", "seed")} | {"kind": "random"}
    finished(tmp_path, one=random, two=ONE | {"kind": "multi_head"})
    tables = [table_of(e) for e in ("one", "two")]
    long_table_files.join(Path("all.parquet"), tables)
    joined = pd.read_parquet("all.parquet")
    assert joined["spec.tasks.count"].dtype == "float64"
    assert joined["seed"].dtype == "Int64"
    assert set(pd.read_csv("all.csv", dtype=str)["spec.tasks.count"].dropna()) == {"3.0"}


def test_a_damaged_table_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("one.parquet").write_text("no parquet")
    assert main(["study_table", "--long", "one.parquet", "--out", "all.parquet"]) == 2
    assert "can't read one.parquet" in capsys.readouterr().err
    assert not Path("all.parquet").exists()


def test_a_run_that_is_missing_leaves_no_table(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    study = finished(tmp_path, one=ONE)
    Path(paths.scores(of_kind(study, "multi_head", 2))).unlink()
    out = Path(paths.long_table("small", "one"))
    assert main(["long_table", "--experiment", "one", "--out", str(out)]) == 2
    assert "is missing" in capsys.readouterr().err
    assert list(out.parent.iterdir()) == []


def test_the_records_hold_no_surprise(tmp_path: Path) -> None:
    study = finished(tmp_path, one=ONE)
    table = pd.read_parquet(table_of("one"))
    run_id = of_kind(study, "single_task")
    record = json.loads(Path(paths.run(run_id)).read_text())
    mse = table[(table["run"] == run_id) & (table["metric"] == "mse") & (table["key"] == "test")]
    assert (
        list(mse[mse["network"] == "task2"]["value"])
        == record["result"]["networks"][1]["losses"]["test"]["mse"]
    )
    assert mse.groupby("network")["diverged"].first().to_dict() == {
        "task1": True,
        "task2": False,
        "task3": False,
    }
