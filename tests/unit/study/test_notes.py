"""What grows with a study reaches its jobs by files, and what is too much is refused at once."""

import re
from pathlib import Path
from typing import Any

import pytest
from helpers.places import ROOT
from helpers.small_study import DATASET, LEARNING

from mtdis import paths
from mtdis.cli import main
from mtdis.errors import ConfigError
from mtdis.study import Study

ONE: dict[str, Any] = {
    "kind": ["multi_head", "random"],
    **LEARNING,
    "stages": {"umap": {"seed": list(range(300))}},
    "tables": ["table5"],
    "figures": ["figure5"],
}


def study(**fields: Any) -> Study:
    experiment = ONE | fields
    config = {"name": "small", "metrics": {"mig": {}}, "experiments": {"one": experiment}}
    return Study.from_config(config)


@pytest.mark.slow
def test_arguments_of_hundreds_of_stages_and_thousands_of_points_are_files() -> None:
    many = [{"kind": "random", "seed": seed} for seed in range(10, 2010)]
    large = study(include=many)
    figure = {"experiment": "one", "figure": "figure5"}
    notes = large.notes([("figure", figure), ("long_table", {"experiment": "one"})])
    stages = notes[paths.arguments("small", "one", "figures", "figure5")].split("\n")
    assert stages == ["--stages", *large.shown_stages("one", "figures", "figure5")]
    assert len(stages) == 1 + 2 * 300
    assert sum(map(len, stages)) > 2**15
    flag, text = notes[paths.arguments("small", "one")].split("\n")
    assert (flag, text) == ("--study", large.only("one"))
    assert len(text) > 2**15


def test_no_rule_puts_a_list_that_grows_with_the_study_on_its_command_line() -> None:
    for path in (ROOT / "workflow/rules").glob("*.smk"):
        for command in re.findall(r'"(mtdis [^"]*)"', path.read_text()):
            assert not set(re.findall(r"{(\w+[.\w]*)", command)) & {"input.stages", "params.study"}
            assert "{input:q}" not in command or path.name == "data.smk"  # of one dataset


def test_a_command_reads_its_arguments_from_a_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    records = [str(tmp_path / f"{'x' * 100}{i}" / "stage.json") for i in range(5000)]
    (tmp_path / "arguments.txt").write_text("\n".join(["--stages", *records]))
    words = ["--name", "figure5", "--long", "long.parquet", "--out", "f.pdf"]
    assert main(["figure", f"@{tmp_path / 'arguments.txt'}", *words]) == 2
    assert "long.parquet" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("fields", "where", "number"),
    [
        ({"seed": list(range(500)), "latent_size": list(range(1, 500))}, "one", 499_000),
        ({"tasks": {"count": list(range(1, 400)), "seed": list(range(400))}}, "one", 0),
        ({"stages": {"umap": {"seed": list(range(60_000))}}}, "one.stages.umap", 120_000),
        (
            {
                "kind": "random",
                "zip": [{"seed": list(range(400))}, {"latent_size": list(range(1, 401))}],
            },
            "one",
            160_000,
        ),
        (
            {
                "dataset": DATASET | {"image_size": [8, 16, 32, 64], "subgrid": {"scale": [2] * 1}},
                "seed": list(range(50_000)),
            },
            "one",
            400_000,
        ),
    ],
)
def test_more_points_than_the_limit_are_counted_and_refused(
    fields: dict[str, Any], where: str, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before a single one is built: making any would be an error here."""
    from mtdis.specs.run import Run

    monkeypatch.setattr(Run, "parse", lambda *_: pytest.fail("a run was made"))
    experiment = {k: v for k, v in (ONE | fields).items() if not ("zip" in fields and k == "seed")}
    config = {"name": "small", "metrics": {"mig": {}}, "experiments": {"one": experiment}}
    if "stages" in fields:
        monkeypatch.undo()  # stages stand on runs, which are few
    with pytest.raises(
        ConfigError, match=rf"experiments\.{where}: .* points are asked for"
    ) as caught:
        Study.from_config(config)
    assert f"{number:,}" in str(caught.value) or not number


def test_a_limit_may_be_raised_and_counts_as_written() -> None:
    config = {"name": "x", "metrics": {"mig": {}}, "limit": 3, "experiments": {"one": ONE}}
    config["experiments"] = {"one": {"kind": "random", "dataset": DATASET, "seed": [1, 2, 3, 4]}}
    with pytest.raises(ConfigError, match=r"4 points are asked for; up to 3 .*`limit: 4`"):
        Study.from_config(config)
    assert len(Study.from_config(config | {"limit": 4}).runs) == 4


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"seed": [1, 2, 1]}, r"one\.seed: 1 is given 2 times"),
        ({"seed": [1, 1.0]}, r"one\.seed: 1\.0 is given 2 times"),
        ({"kind": ["random", "random"]}, r"one\.kind: 'random' is given 2 times"),
        ({"tasks": {"count": [3, 3]}}, r"one\.tasks\.count: 3 is given 2 times"),
        ({"head_layers": [[3], [3]]}, r"one\.head_layers: \[3\] is given 2 times"),
        ({"tables": ["table5", "table5"]}, r"one\.tables: 'table5' is given 2 times"),
        ({"stages": {"umap": {"seed": [1, 1]}}}, r"umap\.seed: 1 is given 2 times"),
        ({"show": {"seed": [1, 1]}}, r"show\.seed: 1 is given 2 times"),
        ({"dataset": [DATASET, DATASET]}, r"one\.dataset: .* is given 2 times"),
    ],
)
def test_a_value_that_is_repeated_is_said(fields: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        study(**fields)


def test_a_field_that_is_itself_a_list_may_hold_a_value_twice() -> None:
    assert study(head_layers=[16, 16]).runs


def test_a_table_figure_or_experiment_that_there_is_not_is_refused_when_it_is_planned() -> None:
    for names, words in (
        (("one", "tables", "tabel5"), "unknown table 'tabel5'. Did you mean 'table5'"),
        (("one", "figures", "figure99"), "unknown figure 'figure99'"),
        (("two", "tables", "table5"), "unknown experiment 'two'. .*one"),
    ):
        with pytest.raises(ConfigError, match=words):
            study().shown_stages(*names)
