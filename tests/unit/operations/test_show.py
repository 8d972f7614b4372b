"""`mtdis show` and `mtdis diff`: one run or two, found by any unambiguous part of their ids."""

import json
import re
import time
from importlib import import_module
from pathlib import Path
from statistics import fmean
from typing import Any

import pytest
from helpers.places import ROOT
from helpers.resealed import resealed
from helpers.small_results import CONFIG, SECONDS, calibrate, finish, of_kind, score, study_in, text

from mtdis import paths
from mtdis.artifacts import runs
from mtdis.artifacts.locks import alone_with
from mtdis.artifacts.reached import Reached
from mtdis.cli import main
from mtdis.operations.selection import resolve
from mtdis.specs.ids import AFTER_PARENT, full_id, identify
from mtdis.study import Study


@pytest.fixture
def study(tmp_path: Path) -> Study:
    return study_in(tmp_path)


def told(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    assert main([*words, "--json"]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


IDS = ("multi_head+seed=1", "multi_head+seed=1+epochs=2", "multi_head+seed=10", "random+seed=1")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("multi_head+seed=1", IDS[0]),  # itself, though others begin with it
        ("multi_head+seed=1+", IDS[1]),
        ("multi_head+seed=10", IDS[2]),
        ("ran", IDS[3]),
        ("epochs=2", IDS[1]),
        ("results/runs/random+seed=1/run.json", IDS[3]),
        ("results/scores/random+seed=1", IDS[3]),
        ("/home/me/results/study/results/runs/random+seed=1/run.json", IDS[3]),
        ("/home/me/results/runs/ran", IDS[3]),
        ("runs/ran", IDS[3]),
    ],
)
def test_any_unambiguous_part_of_an_id_will_do(text: str, expected: str) -> None:
    assert resolve(text, dict.fromkeys(IDS)) == expected


@pytest.mark.parametrize(
    "text",
    ["vae+seed=1", "vae+version=2+seed=1", "vae+s", "results/runs/vae+seed=1/run.json"],
)
def test_the_version_of_a_kind_may_be_left_out(text: str) -> None:
    ids = (*IDS, "vae+version=2+seed=1", "factor_vae+version=2+seed=1")
    assert resolve(text, dict.fromkeys(ids)) == "vae+version=2+seed=1"


@pytest.mark.parametrize("command", ["show", "diff"])
def test_the_examples_of_the_help_are_runs_of_the_paper(command: str) -> None:
    text = import_module(f"mtdis.commands.{command}").__doc__ or ""
    study = Study.from_files([ROOT / "config.yaml"])
    examples = re.findall(r"'(\w+\+[^']+)'", text)
    assert len(examples) == {"show": 1, "diff": 2}[command]
    assert {resolve(example, study.runs) for example in examples} <= set(study.runs)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "multi_head",
            r"'multi_head' may be 3 runs; give more of one of these:\n  multi_head\+seed=1\n",
        ),
        (
            "/home/results/runs/randon+seed=1/run.json",
            r"no run or stage 'randon\+seed=1'; the nearest:",
        ),
        ("randon+seed=1", r"no run or stage 'randon\+seed=1'; the nearest:\n  random\+seed=1"),
    ],
)
def test_errors_name_the_ids_that_could_be_meant(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        resolve(text, dict.fromkeys(IDS))


def test_the_id_before_it_was_shortened_is_known(
    study: Study, capsys: pytest.CaptureFixture[str]
) -> None:
    run_id = of_kind(study, "multi_head")
    assert full_id(study.runs[run_id]) != run_id
    assert told(capsys, "show", full_id(study.runs[run_id]))["id"] == run_id


def test_a_finished_run_is_shown_with_all_that_is_known(
    study: Study, capsys: pytest.CaptureFixture[str]
) -> None:
    run_id = of_kind(study, "single_task")
    record = json.loads(finish(study, run_id).read_text())
    rows = json.loads(score(study, run_id).read_text())["rows"]
    found = told(capsys, "show", run_id)
    assert set(found) == {
        "id",
        "standing",
        "problem",
        "spec",
        "expected",
        "result",
        "losses",
        "training",
        "values",
        "errors",
        "scores",
        "calibrated",
        "calibrations",
        "execution",
        "files",
    }
    assert (found["standing"], found["problem"]) == ("done", "")
    assert (found["spec"]["learning_rate"], found["spec"]["tasks.count"]) == (0.001, 3)
    assert found["execution"]["seconds"] == SECONDS
    assert found["losses"]["task2"]["r2"] == pytest.approx(
        fmean(record["result"]["networks"][1]["losses"]["test"]["r2"])
    )
    mig = [row["value"] for row in rows if row["metric"] == "mig"]
    assert found["values"]["mig discrete_mig"] == {
        "mean": fmean(mig),
        "lowest": min(mig),
        "highest": max(mig),
        "n": 3,
    }
    there = {path for path, size in found["files"].items() if size is not None}
    assert there == {
        *(
            str(Path(paths.run(run_id)).with_name(n))
            for n in ("run.json", "codes.h5", "weights.safetensors", "history.csv")
        ),
        paths.scores(run_id),
    }
    assert all(
        Path(path).stat().st_size == size
        for path, size in found["files"].items()
        if size is not None
    )


def test_what_the_nulls_of_its_scores_say_is_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    study = study_in(tmp_path, CONFIG | {"calibration": {"rotations": 3, "permutations": 2}})
    run_id = of_kind(study, "single_task")
    finish(study, run_id)
    index = json.loads(calibrate(study, run_id).read_text())
    found = told(capsys, "show", run_id)
    p = [r["value"] for r in index["rows"] if r["key"] == "discrete_mig.p_whitened"]
    assert len(p) == 3
    assert found["calibrated"]["mig discrete_mig.p_whitened"] == {
        "mean": fmean(p),
        "lowest": min(p),
        "highest": max(p),
        "n": 3,
    }
    assert main(["show", run_id]) == 0
    assert "mig discrete_mig.p_whitened" in capsys.readouterr().out


def test_text_shows_the_same(study: Study, capsys: pytest.CaptureFixture[str]) -> None:
    run_id = of_kind(study, "single_task")
    finish(study, run_id, ["task1"])
    score(study, run_id, error="ValueError: one class")
    assert main(["show", "single_task+version=2+dataset=dsprites_rendered+seed=1"]) == 0
    out = capsys.readouterr().out
    assert out.startswith(f"{run_id}\ndiverged\n")
    assert "failed: mig of task3: ValueError: one class" in out
    assert "7.5 (8 s)" in out
    assert f"{paths.run(run_id)} " in out


def test_what_theory_expects_is_shown(study: Study, capsys: pytest.CaptureFixture[str]) -> None:
    run_id = of_kind(study, "single_task")
    expected = {
        "symmetry": "not O(d): adam, uniform initialisation",
        "tasks": "1 task < 5 factors; 5 seen, not apart",
    }
    assert told(capsys, "show", run_id)["expected"] == expected
    assert main(["show", run_id]) == 0
    assert f"  symmetry  {expected['symmetry']}" in capsys.readouterr().out


def test_a_run_that_is_only_wanted_is_missing(
    study: Study, capsys: pytest.CaptureFixture[str]
) -> None:
    found = told(capsys, "show", of_kind(study, "random", 2))
    assert found["standing"] == "missing"
    assert found["spec"]["seed"] == 2
    assert set(found["files"].values()) == {None}


def test_a_run_that_no_config_wants_is_shown_from_its_record(
    study: Study, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run_id = of_kind(study, "random", 2)
    finish(study, run_id)
    for config in (
        CONFIG | {"experiments": {"one": CONFIG["experiments"]["one"] | {"seed": [1]}}},
        None,
    ):
        (tmp_path / "config.yaml").unlink() if config is None else study_in(tmp_path, config)
        assert told(capsys, "show", run_id)["standing"] == "done"


def test_damaged_records_and_those_of_older_versions_are_stale(
    study: Study, capsys: pytest.CaptureFixture[str]
) -> None:
    run_id = of_kind(study, "random")
    record = finish(study, run_id)
    whole = record.read_text()
    record.write_text(whole[:100])
    found = told(capsys, "show", run_id)
    assert found["standing"] == "stale"
    assert "damaged" in found["problem"]
    content = json.loads(whole)
    content["spec"]["version"] = 1
    resealed(record, content)
    assert "version is 1, expected 2" in told(capsys, "show", run_id)["problem"]


def test_a_stage_is_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one = CONFIG["experiments"]["one"] | {"stages": {"umap": {"n_neighbors": 5}}, "kind": "random"}
    study = study_in(tmp_path, CONFIG | {"experiments": {"one": one}})
    (stage_id,) = study.stages
    found = told(capsys, "show", f"umap{stage_id.partition(f'{AFTER_PARENT}umap')[2]}")
    assert (found["id"], found["standing"]) == (stage_id, "missing")
    assert found["spec"]["n_neighbors"] == 5
    assert identify(study.stages[stage_id]) == stage_id


def test_nothing_to_show_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", "x"]) == 2
    assert "there are no runs in" in capsys.readouterr().err


def test_diff_names_the_fields_and_sets_the_scores_side_by_side(
    study: Study, capsys: pytest.CaptureFixture[str]
) -> None:
    one, other = of_kind(study, "multi_head", 1), of_kind(study, "multi_head", 2)
    for run_id in (one, other):
        finish(study, run_id)
    score(study, one)
    found = told(capsys, "diff", one, other)
    assert set(found) == {"ids", "standings", "spec", "losses", "scores"}
    assert found["spec"] == {"seed": [1, 2]}
    shown = told(capsys, "show", one)
    assert found["scores"]["sap+version=2 SAP_score"] == [
        shown["values"]["sap+version=2 SAP_score"]["mean"],
        None,
    ]
    losses = [told(capsys, "show", i)["losses"]["multi_head"]["r2"] for i in (one, other)]
    assert found["losses"]["test r2"] == losses
    assert main(["diff", one, other]) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["seed", "1", "2"] in lines
    difference = next(line for line in lines if line[:2] == ["test", "r2"])
    assert float(difference[-1]) == pytest.approx(losses[1] - losses[0], rel=1e-3)


def test_a_run_is_equal_to_itself_and_kinds_name_what_they_do_not_read(
    study: Study, capsys: pytest.CaptureFixture[str]
) -> None:
    random, multi = of_kind(study, "random"), of_kind(study, "multi_head")
    assert told(capsys, "diff", multi, multi)["spec"] == {}
    assert told(capsys, "diff", random, multi)["spec"]["epochs"] == [None, 2]
    assert main(["diff", random, multi]) == 0
    assert "not read" in capsys.readouterr().out


def test_a_run_that_is_being_trained_is_shown_with_its_losses_so_far(
    study: Study, capsys: pytest.CaptureFixture[str]
) -> None:
    run_id = of_kind(study, "single_task")
    record, ends = Path(paths.run(run_id)), time.time() + 3 * 3600
    history = [
        {"network": name, "epoch": epoch, "train_loss": loss / epoch}
        for epoch in (1, 2)
        for name, loss in (("task1", 8.0), ("task2", 4.0))
    ]
    history[-1]["train_loss"] = None  # it has diverged
    with alone_with(record):
        runs.write_reached(record, Reached(2, 9, 3.0, 2, 55.5, ends), history)
        found = told(capsys, "show", run_id)
        assert found["standing"] == "running"
        assert found["training"] == {
            "epoch": 2,
            "epochs": 9,
            "loss": 3.0,
            "networks": 2,
            "images_per_second": 55.5,
            "ends": ends,
            "losses": {
                "task1": {"epoch": 2, "first": 8.0, "last": 4.0},
                "task2": {"epoch": 2, "first": 4.0, "last": None},
            },
        }
        assert main(["show", run_id]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith(f"{run_id}\nrunning\n")
    assert "epochs that have ended  2 of 9" in shown
    assert "expected end            in 3.0 h" in shown
    assert ["task2", "2", "–", "4"] in [line.split() for line in shown.splitlines()]


def test_a_run_that_failed_is_not_called_missing(
    study: Study, capsys: pytest.CaptureFixture[str]
) -> None:
    run_id = of_kind(study, "multi_head")
    text(paths.log("train", run_id), "ValueError: one class\n")
    found = told(capsys, "show", run_id)
    assert (found["standing"], found["training"]) == ("failed", {})
