"""`mtdis tables --partial`: tables of what is finished, and how many runs each row lacks."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from helpers.small_results import CONFIG, finish, finish_stage, of_kind, score, study_in

from mtdis import paths
from mtdis.cli import main
from mtdis.operations import partial_tables
from mtdis.reporting import long_table
from mtdis.study import Study

FOLDER = Path("results/studies/small/partial/one")


@pytest.fixture
def study(tmp_path: Path) -> Study:
    return study_in(tmp_path)


def done(study: Study, *runs: tuple[str, int]) -> None:
    for kind, seed in runs:
        finish(study, of_kind(study, kind, seed))
        score(study, of_kind(study, kind, seed))


def made(capsys: pytest.CaptureFixture[str], *words: str, status: int = 0) -> dict[str, Any]:
    assert main(["tables", "--partial", "--json", *words]) == status
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


@pytest.mark.slow
def test_each_row_says_how_many_runs_it_lacks(
    study: Study, capsys: pytest.CaptureFixture[str]
) -> None:
    done(study, ("random", 1), ("random", 2), ("single_task", 1))
    finish(study, of_kind(study, "single_task", 2))  # trained, not scored
    told = made(capsys)["one"]
    assert {k: told[k] for k in ("runs", "missing", "nothing_of", "failed")} == {
        "runs": 3,
        "missing": 3,
        "nothing_of": ["multi_head on dsprites_rendered"],
        "failed": {},
    }
    table = pd.read_csv(FOLDER / "table5.csv")
    lacking = table.groupby("row")["missing"].unique().map(list).to_dict()
    assert lacking == {"random": [0], "single_mean": [1], "single_max": [1], "single_min": [1]}
    assert table.set_index("row").loc["random", "n"].eq(2).all()
    text = (FOLDER / "table5.md").read_text().replace("\\", "")
    assert text.startswith(
        "PARTIAL: 3 runs are missing. single_mean on dsprites_rendered lacks 1; "
    )
    assert "no row yet: multi_head on dsprites_rendered." in text


def test_what_is_there_is_what_the_complete_table_has(
    study: Study, capsys: pytest.CaptureFixture[str]
) -> None:
    done(
        study,
        *((kind, seed) for kind in ("random", "single_task", "multi_head") for seed in (1, 2)),
    )
    assert made(capsys)["one"]["missing"] == 0
    complete = Path("results/studies/small/tables/one/long.parquet")
    assert main(["long_table", "--experiment", "one", "--out", str(complete)]) == 0
    assert (
        main(["table", "--name", "table5", "--long", str(complete), "--out", "complete.csv"]) == 0
    )
    pd.testing.assert_frame_equal(
        pd.read_parquet(FOLDER / "long.parquet"), pd.read_parquet(complete)
    )
    partly = pd.read_csv(FOLDER / "table5.csv")
    assert partly.pop("missing").eq(0).all()
    pd.testing.assert_frame_equal(partly, pd.read_csv("complete.csv"))


def test_the_complete_tables_are_not_touched(
    study: Study, capsys: pytest.CaptureFixture[str]
) -> None:
    done(study, ("random", 1))
    made(capsys)
    written = {p.parent for p in Path("results/studies").rglob("*") if p.is_file()}
    assert written == {FOLDER}


def test_stale_and_damaged_results_count_as_missing(
    study: Study, capsys: pytest.CaptureFixture[str]
) -> None:
    done(study, ("random", 1), ("random", 2), ("multi_head", 1))
    finish(study, of_kind(study, "random", 1)).write_text("{")
    score(study, of_kind(study, "random", 2)).write_text("[]")
    told = made(capsys)["one"]
    assert (told["runs"], told["missing"]) == (1, 5)


def test_scores_that_lack_a_metric_count_as_missing(
    study: Study, capsys: pytest.CaptureFixture[str]
) -> None:
    done(study, ("random", 1), ("multi_head", 1))
    assert made(capsys)["one"]["missing"] == 4
    study_in(Path(), CONFIG | {"metrics": CONFIG["metrics"] | {"irs": {}}})
    assert made(capsys)["one"]["missing"] == 6


def test_a_table_waits_for_its_stages(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    tables = {"tables": ["table7", "table5"], "stages": {"retrieved": {}}}
    one = CONFIG["experiments"]["one"] | {"kind": "multi_head"} | tables
    study = study_in(tmp_path, CONFIG | {"experiments": {"one": one}})
    done(study, ("multi_head", 1))
    told = made(capsys)["one"]
    assert told["waiting"] == {"table7": "nothing of retrieved is finished"}
    assert str(FOLDER / "table5.csv") in told["files"]


def _new_result(study: Study) -> None:
    done(study, ("random", 2))


def _other_scores(study: Study) -> None:
    index = Path(paths.scores(of_kind(study, "random", 1)))
    index.write_text(index.read_text().replace('"diverged": false', '"diverged": true'))


def _lost_result(study: Study) -> None:
    Path(paths.run(of_kind(study, "multi_head", 1))).unlink()


def _other_tables(study: Study) -> None:
    one = CONFIG["experiments"]["one"] | {"tables": ["table5", "all_scores"]}
    study_in(Path(), CONFIG | {"experiments": {"one": one}})


@pytest.mark.slow
@pytest.mark.parametrize(
    "change",
    [
        _new_result,
        _other_scores,
        _lost_result,
        _other_tables,
    ],
    ids=lambda change: change.__name__.strip("_"),
)
def test_tables_are_as_if_made_afresh_whatever_changed(
    study: Study, capsys: pytest.CaptureFixture[str], change: Callable[[Study], None]
) -> None:
    done(study, ("random", 1), ("multi_head", 1))
    made(capsys)
    change(study)
    told, table = made(capsys), (FOLDER / "table5.csv").read_text()
    shutil.rmtree(FOLDER)
    assert made(capsys) == told
    assert (FOLDER / "table5.csv").read_text() == table
    assert (FOLDER / "table5.tex").exists()


def test_a_stage_that_was_finished_since_is_in_the_table(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one = CONFIG["experiments"]["one"] | {"kind": "multi_head", "stages": {"umap": {"rows": 12}}}
    study = study_in(tmp_path, CONFIG | {"experiments": {"one": one}})
    done(study, ("multi_head", 1))
    made(capsys)
    (stage_id,) = study.stages
    finish_stage(study, stage_id, {"metric": "umap", "key": "anything", "value": 0.5})
    made(capsys)
    assert stage_id in set(pd.read_parquet(FOLDER / "long.parquet")["stage_id"])


def test_nothing_finished_makes_no_tables(study: Study, capsys: pytest.CaptureFixture[str]) -> None:
    told = made(capsys)["one"]
    assert (told["runs"], told["missing"], told["files"]) == (0, 6, [])
    assert not Path("results").exists()


def test_a_table_that_cannot_be_made_yet_harms_no_other(
    study: Study, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from mtdis.reporting.tables import all_scores

    one = CONFIG["experiments"]["one"] | {"tables": ["all_scores", "table5"]}
    study = study_in(Path(), CONFIG | {"experiments": {"one": one}})
    done(study, ("random", 1))
    made(capsys)
    done(study, ("random", 2))

    def fails(frame: pd.DataFrame) -> pd.DataFrame:
        raise KeyError("on purpose")

    with monkeypatch.context() as patched:
        patched.setattr(all_scores, "make", fails)
        told = made(capsys, status=1)["one"]
    assert told["failed"] == {"all_scores": "KeyError: 'on purpose'"}
    assert (FOLDER / "table5.csv").exists()
    assert made(capsys)["one"]["failed"] == {}  # what failed is tried again


def test_variants_lack_their_own_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one = CONFIG["experiments"]["one"] | {"kind": "multi_head", "learning_rate": [1e-3, 1e-4]}
    study = study_in(tmp_path, CONFIG | {"experiments": {"one": one}})
    there = [i for i, run in study.runs.items() if run.seed == 1 or run.learning_rate == 1e-3]  # type: ignore[attr-defined]
    for run_id in there:
        finish(study, run_id)
        score(study, run_id)
    made(capsys)
    table = pd.read_csv(FOLDER / "table5.csv")
    lacking = table.groupby("spec.learning_rate")["missing"].unique().map(list).to_dict()
    assert lacking == {0.001: [0], 0.0001: [1]}


def test_columns_that_say_nothing_of_runs_are_not_asked(study: Study) -> None:
    table = pd.DataFrame({"row": ["multi_head", "other"], "value": [1.0, 2.0]})
    missing = [study.runs[of_kind(study, kind)] for kind in ("multi_head", "random")]
    assert list(partial_tables.with_missing(table, missing)["missing"]) == [1, 2]


def test_only_the_named_experiments_and_only_partial(
    study: Study, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["tables"]) == 2
    assert "--partial makes those of what is finished" in capsys.readouterr().err
    assert main(["tables", "--partial", "--experiment", "on"]) == 2
    assert "Did you mean 'one'?" in capsys.readouterr().err
    done(study, ("random", 1))
    assert main(["tables", "--partial", "--experiment", "one"]) == 0
    out = capsys.readouterr().out.splitlines()
    assert [line.split() for line in out[:2]] == [
        ["experiment", "runs", "missing", "tables"],
        ["one", "1", "5", "2"],
    ]
    assert str(FOLDER / "table5.csv") in out
    assert long_table.COLUMNS[0] in pd.read_parquet(FOLDER / "long.parquet").columns


@pytest.mark.slow
def test_claims_are_tested_on_what_is_there_and_say_which_runs_they_lack(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    body = CONFIG["experiments"]["one"] | {"tables": ["claims"]}
    claims = {"mine": {"test": "higher", "than": "random"}}
    study = study_in(tmp_path, CONFIG | {"experiments": {"one": body | {"claims": claims}}})
    done(study, ("random", 1), ("random", 2), ("multi_head", 1))
    assert made(capsys)["one"]["failed"] == {}
    table = pd.read_csv(FOLDER / "claims.csv")
    assert set(table["claim"]) == {"mine"}
    assert table["n"].eq(1).all()
    assert table["missing"].eq(1).all()
