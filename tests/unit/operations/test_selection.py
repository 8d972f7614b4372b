"""Runs by words in any order, and lists of runs, whose lines are such words."""

import json
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from helpers.places import ROOT
from helpers.small_results import CONFIG, finish, of_kind, study_in, text

from mtdis import paths
from mtdis.artifacts.locks import alone_with
from mtdis.cli import main
from mtdis.errors import ConfigError
from mtdis.operations import listing
from mtdis.operations.selection import Known, matching, resolve
from mtdis.specs.ids import AFTER_PARENT, identify
from mtdis.study import Study


@pytest.fixture(scope="module")
def paper() -> Study:
    return Study.from_files([ROOT / "config.yaml"])


@pytest.fixture(scope="module")
def known(paper: Study) -> Known:
    return {**paper.runs, **paper.stages}


def test_words_are_taken_in_any_order(paper: Study, known: Known) -> None:
    words = ["seed=2", "dataset=mpi3d_real", "one_head", "tasks.count=10"]
    expected = {
        i
        for i, run in paper.runs.items()
        if run.name() == "one_head"
        and run.seed == 2
        and run.dataset.name().startswith("mpi3d_real")
        and run.resolved()["tasks"]["count"] == 10
    }
    assert expected
    for order in permutations(words):
        assert set(matching(" ".join(order), known)) == expected
    assert set(matching("+".join(words), known)) == expected


@pytest.mark.parametrize(
    "word", ["learning_rate=1e-3", "learning_rate=0.001", "learning_rate=.001"]
)
def test_a_number_is_the_same_however_it_is_written_and_though_it_is_the_default(
    word: str, paper: Study, known: Known
) -> None:
    expected = [i for i, r in paper.runs.items() if getattr(r, "learning_rate", None) == 0.001]
    assert expected
    assert matching(word, known) == expected


def test_a_whole_value_goes_before_its_beginnings(known: Known) -> None:
    ids = dict.fromkeys(("vae+seed=1", "vae+seed=10", "factor_vae+seed=1", "vae_x+seed=1"))
    assert matching("seed=1 vae", ids) == ["vae+seed=1"]
    assert matching("seed=1", ids) == ["vae+seed=1", "factor_vae+seed=1", "vae_x+seed=1"]
    assert matching("va seed=10", ids) == ["vae+seed=10"]
    assert resolve("vae", ids | {"vae": None}) == "vae"


def test_stages_are_found_by_their_kind_and_the_fields_of_their_run(
    paper: Study, known: Known
) -> None:
    expected = [
        identify(stage)
        for stage in paper.stages.values()
        if stage.name() == "umap" and stage.run and stage.run.seed == 1
    ]
    assert expected
    assert matching("seed=1 umap", known) == expected
    assert not any(AFTER_PARENT in i for i in matching("seed=1", known))


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("multi_head seed=99", r"no run or stage has seed=99; seed is 1, 2, 3"),
        ("sed=1", r"has a field 'sed'\. Did you mean 'seed'\?"),
        ("seed=1 mutli_head", r"; did you mean 'multi_head'\?"),
        ("vae kind=multi_head", r"has all of vae, kind=multi_head; leave one out"),
        ("mutli_head", r"no run or stage 'mutli_head'; did you mean 'multi_head'\?"),
    ],
)
def test_what_selects_nothing_is_told_by_word(words: str, message: str, known: Known) -> None:
    with pytest.raises(ConfigError, match=message):
        resolve(words, known)


def test_the_words_of_each_line_select_its_run_and_those_alike(paper: Study, known: Known) -> None:
    lines = listing.of_ids(paper.runs, known, Path())
    for line in lines[::20]:
        words = [f"{path}={value}" for path, value in line.fields.items()]
        alike = {one.id for one in lines if line.fields.items() <= one.fields.items()}
        assert line.id in alike
        assert set(matching(" ".join(words), known)) == alike


def printed(capsys: pytest.CaptureFixture[str], *words: str) -> list[str]:
    assert main(["show", *words]) == 0
    return capsys.readouterr().out.splitlines()


def test_all_runs_are_listed_finished_ones_first(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    study = study_in(tmp_path)
    finish(study, of_kind(study, "multi_head", 2))
    finish(study, of_kind(study, "single_task", 1), ["task1"])
    text(paths.log("train", of_kind(study, "multi_head", 1)), "ValueError: one class\n")
    with alone_with(Path(paths.run(of_kind(study, "random", 2)))):
        lines = printed(capsys)
    assert [line.split() for line in lines[:-2]] == [
        ["state", "kind", "seed"],
        ["diverged", "single_task", "1"],
        ["done", "multi_head", "2"],
        ["missing", "random", "1"],
        ["running", "random", "2"],
        ["missing", "single_task", "2"],
        ["failed", "multi_head", "1"],
    ]
    assert lines[-1].startswith("1 diverged, 1 done, 2 missing, 1 running, 1 failed. ")


def test_several_are_listed_and_one_is_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    study = study_in(tmp_path)
    finish(study, of_kind(study, "random", 2))
    assert [line.split() for line in printed(capsys, "random")[:3]] == [
        ["state", "kind", "seed"],
        ["done", "random", "2"],
        ["missing", "random", "1"],
    ]
    assert printed(capsys, "seed=1", "random")[:2] == [of_kind(study, "random", 1), "missing"]
    assert main(["show", "random", "--json"]) == 0
    found: list[dict[str, Any]] = json.loads(capsys.readouterr().out)["runs"]
    assert found[0] == {
        "id": of_kind(study, "random", 2),
        "state": "done",
        "fields": {"kind": "random", "seed": "2"},
    }


def test_runs_that_the_study_does_not_want_are_listed_by_their_ids(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    study = study_in(tmp_path)
    other = of_kind(study, "random", 2)
    finish(study, other)
    one = CONFIG["experiments"]["one"] | {"seed": [1]}
    study_in(tmp_path, CONFIG | {"experiments": {"one": one}})
    lines = [line.split() for line in printed(capsys, "random")]
    assert ["missing", "random"] in lines
    assert ["done", other] in lines
    assert not any(other in line for line in printed(capsys))
