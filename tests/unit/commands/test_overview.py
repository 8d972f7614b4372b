"""What `mtdis` says of itself: commands by what they are for, the version, completion, and the
config files that its commands read.
"""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from mtdis import discover
from mtdis.cli import main
from mtdis.commands._overview import GROUPS

COMMANDS = discover.names("mtdis.commands")


def told(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert main([*words]) == 0
    return capsys.readouterr().out


def test_every_command_stands_once_below_what_it_is_for(capsys: pytest.CaptureFixture[str]) -> None:
    text = told(capsys, "--help")
    assert sorted(re.findall(r"^  (\w+) +[A-Z]", text, re.M)) == sorted(COMMANDS)
    titles = re.findall(r"^(\w.*):\n  ", text, re.M)
    assert titles == [title for group, title in GROUPS.items() if group]
    below_steps = text.partition(GROUPS["step"])[2]
    assert {"train", "scores"} <= set(re.findall(r"^  (\w+)", below_steps, re.M))
    assert "\n  status       Show how a study stands\n" in text


def test_the_version_is_that_of_the_package(capsys: pytest.CaptureFixture[str]) -> None:
    assert re.match(r"mtdis \d+\.\d+\.\d+( \(\w+(\+changes)?\))?\n$", told(capsys, "--version"))


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("mtdis pl", {"plan"}),
        ("mtdis plan --h", {"--help", "--hours"}),
        ("mtdis diff --s", {"--study"}),
    ],
)
def test_a_shell_is_told_how_a_line_goes_on(line: str, expected: set[str], tmp_path: Path) -> None:
    asked = {
        "_ARGCOMPLETE": "1",
        "_ARGCOMPLETE_STDOUT_FILENAME": str(tmp_path / "answer"),
        "_ARGCOMPLETE_SUPPRESS_SPACE": "1",
        "COMP_LINE": line,
        "COMP_POINT": str(len(line)),
    }
    words = [sys.executable, "-m", "mtdis.cli"]
    subprocess.run(words, env=os.environ | asked, check=True, cwd=tmp_path)
    answer = (tmp_path / "answer").read_text()
    assert {word.strip() for word in answer.split("\013")} == expected


@pytest.fixture
def configs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with config.yaml and two files to be laid over it, which lack its metrics."""
    monkeypatch.chdir(tmp_path)
    experiment = {"kind": "random", "dataset": "dsprites_rendered", "seed": 1}
    files = {
        "config": {"name": "base", "metrics": {"mig": {}}, "experiments": {"one": experiment}},
        "mine": {"name": "mine", "experiments": {"one": {"seed": [1, 2]}}},
        "more": {"experiments": {"one": {"latent_size": [4, 8]}}},
    }
    for name, content in files.items():
        (tmp_path / f"{name}.yaml").write_text(yaml.safe_dump(content))
    return tmp_path


@pytest.mark.parametrize(
    ("given", "study", "runs"),
    [
        ((), "base", 1),
        (("--config", "mine.yaml"), "mine", 2),
        (("--config", "mine.yaml", "more.yaml"), "mine", 4),
        (("--config", "mine.yaml", "--config", "more.yaml"), "mine", 4),
        (("--config", "config.yaml", "more.yaml"), "base", 2),
        (("--config", "mine.yaml", "config.yaml"), "base", 1),
    ],
)
def test_config_files_are_laid_over_config_yaml_as_snakemake_lays_them(
    configs: Path, capsys: pytest.CaptureFixture[str], given: tuple[str, ...], study: str, runs: int
) -> None:
    found = json.loads(told(capsys, "plan", "--json", *given))
    assert (found["study"], found["total"]["wanted"]) == (study, runs)


def test_a_config_needs_no_other_where_there_is_none(
    configs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("config.yaml").rename("whole.yaml")
    assert json.loads(told(capsys, "plan", "--json", "--config", "whole.yaml"))["study"] == "base"
    assert main(["plan"]) == 2
    assert "config file config.yaml is missing" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "one dataset is needed"),
        (["shapes3dd"], "unknown dataset 'shapes3dd'. Did you mean 'shapes3d'?"),
        (["shapes3d_rendered"], "has no files to download"),
        (["shapes3d", "--spec", '{"name": "mpi3d_real"}'], "one dataset is needed"),
    ],
)
def test_a_download_is_asked_for_by_its_name(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["download", *words]) == 2
    assert said in capsys.readouterr().err
