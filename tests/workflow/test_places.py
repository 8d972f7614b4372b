"""Folders with names that programs take for something else, and `--directory`."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from .conftest import AGGREGATES, StudyFolder


@pytest.mark.parametrize("name", ["with blank", "{run}", "it's $HOME"])
def test_a_study_goes_on_in_a_folder_of_any_name(
    name: str, finished_once: Path, tmp_path: Path
) -> None:
    study = StudyFolder(tmp_path / name)
    shutil.copytree(finished_once, study.path)
    (index,) = study.path.glob("results/scores/random+*/index.json")
    rows = index.read_text().partition('"rows"')[2]
    index.unlink()
    assert study.planned() == AGGREGATES | {"scores": 1}
    done = study.snakemake(str(index.relative_to(study.path)))
    assert done.returncode == 0, done.stdout
    assert index.read_text().partition('"rows"')[2] == rows


def test_a_study_in_another_folder_is_named_by_directory(
    finished: StudyFolder, tmp_path: Path
) -> None:
    outside = replace(finished, path=tmp_path)
    finished.change(seed=[1, 2])
    assert outside.planned("--directory", "study") == AGGREGATES | {"train": 2, "scores": 2}
    assert [path.name for path in tmp_path.iterdir()] == ["study"]


def test_a_config_given_twice_is_the_same_study(finished: StudyFolder) -> None:
    (finished.path / "mine.yaml").write_text("experiments: {one: {seed: [1, 2]}}\n")
    twice = finished.planned("--configfile", "config.yaml", "mine.yaml", "mine.yaml")
    assert twice == AGGREGATES | {"train": 2, "scores": 2}
    assert finished.planned("--configfile", "config.yaml", "config.yaml") == {}
