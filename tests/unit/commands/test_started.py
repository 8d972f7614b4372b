"""Commands speak of the studies that were started in a folder."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from helpers.small_results import CONFIG, finish, of_kind, study_in

from mtdis import paths
from mtdis.cli import main
from mtdis.study import Study, started

DEMO = CONFIG | {"name": "demo", "override": {"epochs": 3}}


@pytest.fixture
def demo(tmp_path: Path) -> Study:
    """A study that was started beside a config.yaml of another; one of its runs is finished."""
    study_in(tmp_path)
    study = Study.from_config(DEMO)
    started.write_started(study, Path())
    finish(study, of_kind(study, "multi_head"))
    return study


def told(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[Any, str]:
    """What a command prints as JSON, and what it says on standard error."""
    assert main([*words, "--json"]) == 0
    out, err = capsys.readouterr()
    return json.loads(out), err


def test_status_and_plan_speak_of_the_study_that_was_started_last(
    demo: Study, capsys: pytest.CaptureFixture[str]
) -> None:
    status, said = told(capsys, "status")
    assert (status["study"], status["total"]["runs"]["done"]) == ("demo", 1)
    assert "study demo as it was last started here (results/studies/demo/study.json)" in said
    plan, said = told(capsys, "plan")
    assert plan["total"]["finished"] == 1
    assert "study demo as it was last started here" in said
    plan, said = told(capsys, "plan", "--config", "config.yaml")
    assert (plan["total"]["finished"], said) == (0, "")
    started.write_started(Study.from_config(CONFIG), Path())
    os.utime(paths.started("demo"), (1, 1))
    assert told(capsys, "status")[1] == "study small of config.yaml\n"


def test_of_a_config_that_adds_to_the_last_study_plan_tells_what_is_new(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    started.write_started(study_in(tmp_path), Path())
    one = CONFIG["experiments"]["one"]
    study_in(tmp_path, CONFIG | {"experiments": {"one": one | {"seed": [1, 2, 3]}}})
    assert told(capsys, "plan")[0]["total"]["wanted"] == 9
    study_in(tmp_path, CONFIG | {"experiments": {"one": one | {"seed": [7]}}})
    assert told(capsys, "plan")[0]["total"]["wanted"] == 6
    (tmp_path / "config.yaml").write_text("name: [")
    assert told(capsys, "plan")[0]["total"]["wanted"] == 6
    (tmp_path / "config.yaml").unlink()
    assert told(capsys, "plan")[0]["total"]["wanted"] == 6


def test_prune_protects_what_was_started_until_its_folder_goes(
    demo: Study, capsys: pytest.CaptureFixture[str]
) -> None:
    assert told(capsys, "prune")[0]["unwanted"] == []
    Path("config.yaml").unlink()
    assert told(capsys, "prune")[0]["unwanted"] == []
    Path(paths.started("demo")).unlink()
    assert main(["prune"]) == 2
    assert "config.yaml is missing" in capsys.readouterr().err
    Path("config.yaml").write_text(json.dumps(CONFIG))
    run_id = of_kind(demo, "multi_head")
    unwanted = [one["path"] for one in told(capsys, "prune")[0]["unwanted"]]
    assert str(Path(paths.run(run_id)).parent) in unwanted


@pytest.mark.parametrize("words", [["tables", "--partial"], ["page", "--partial"]])
def test_tables_of_another_config_are_not_replaced(
    words: list[str], demo: Study, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*words, "--study", json.dumps(DEMO | {"override": {"epochs": 9}})]) == 2
    assert "one: epochs was 3, is 9. Tables of the one would" in capsys.readouterr().err
    assert not Path(paths.partial("demo")).exists()
    assert main([*words, "--study", json.dumps(DEMO)]) == 0


def test_export_speaks_of_the_study_that_it_names_whatever_was_started_last(
    demo: Study, capsys: pytest.CaptureFixture[str]
) -> None:
    started.write_started(Study.from_config(CONFIG), Path())
    os.utime(paths.started("demo"), (1, 1))
    assert main(["export", "demo"]) == 2
    assert "demo is not finished" in capsys.readouterr().err


def test_without_options_they_speak_of_the_experiments_that_were_built(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    study_in(tmp_path)
    one = CONFIG["experiments"]["one"]
    both = CONFIG | {"name": "mine", "experiments": {"one": one, "two": one | {"seed": [7]}}}
    started.write_started(Study.from_config(both | {"select": ["two"]}), Path())
    assert list(told(capsys, "status")[0]["experiments"]) == ["two"]
    assert started.started(Path())[0].study().experiments.keys() == {"one", "two"}


def test_a_study_that_was_started_here_is_named_by_study(
    demo: Study, capsys: pytest.CaptureFixture[str]
) -> None:
    started.write_started(Study.from_config(CONFIG), Path())
    os.utime(paths.started("demo"), (1, 1))
    status, said = told(capsys, "status", "--study", "demo")
    assert (status["study"], said) == ("demo", "")
    assert main(["status", "--study", "dem"]) == 2
    assert "unknown study 'dem'. Did you mean 'demo'?" in capsys.readouterr().err
