"""What messages print to be pasted is YAML that every reader takes alike, and words that a shell
hands on as they are meant; no message prints such words in another way.
"""

import ast
import json
import random
import re
import shlex
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml
from helpers.beads import write_beads
from helpers.places import ROOT
from helpers.small_study import DATASET, TASKS

from mtdis.cli import main
from mtdis.errors import ConfigError
from mtdis.pasting import as_yaml, flow, shell
from mtdis.study import Study
from mtdis.study.config_files import for_snakemake, parse_yaml

WORDS = [
    "no",
    "y",
    "on",
    "Null",
    "~",
    "1e-5",
    "010",
    "1:30",
    "0x1",
    "",
    " a ",
    "a: b",
    "# a",
    "- a",
]
WORDS += [
    "'",
    '"',
    "it's",
    "\\",
    "a\nb",
    "\x1b[31m",
    "\x7f",
    "é",
    "\u2028",
    "🙂",
    "{a}",
    "[",
    "%",
    "@x",
]
WORDS += [
    "*a",
    "&a",
    "!a",
    "<<",
    "=",
    "tasks.count",
    "$(true)",
    "`true`",
    ".5",
    "1_000",
    "2001-01-01",
]
SCALARS = [*WORDS, None, True, False, 0, -3, 10**20, 1e-05, 0.001, -2.5e-300, 1e22, 1.0]


def values(rng: random.Random, depth: int = 3) -> Any:
    """Any value that a config may hold."""
    kind = rng.randrange(3) if depth else 2
    if kind == 0:
        return [values(rng, depth - 1) for _ in range(rng.randrange(4))]
    if kind == 1:
        return {rng.choice(WORDS): values(rng, depth - 1) for _ in range(rng.randrange(4))}
    return rng.choice(SCALARS)


def without_merges(value: Any) -> Any:
    """The value without the key << among its keys, for which the readers differ."""
    if isinstance(value, dict):
        return {k: without_merges(v) for k, v in value.items() if k != "<<"}
    return [without_merges(v) for v in value] if isinstance(value, list) else value


@pytest.mark.parametrize("seed", range(300))
def test_lines_of_yaml_are_read_alike_by_both_readers(seed: int) -> None:
    rng = random.Random(seed)
    value = without_merges(values(rng))
    path = [rng.choice([w for w in WORDS if w not in ("", "<<") and not w.isdigit()]) for _ in "ab"]
    expected = {path[0]: {path[1]: value}}
    text = as_yaml(path, value)
    assert len(text.splitlines()) == 2
    for read in (yaml.safe_load(text), parse_yaml(text, "x")):
        assert json.dumps(read) == json.dumps(expected)  # 1 is not True, and 1.0 not 1
    for line in (flow(value), f"{flow(value)}  # said"):
        assert json.dumps(yaml.safe_load(line)) == json.dumps(value)


@pytest.mark.parametrize("word", WORDS)
def test_words_of_a_shell_arrive_as_they_are(word: str) -> None:
    assert shlex.split(shell("--set", f"a={word}")) == ["--set", f"a={word}"]


FIELDS: dict[str, Any] = {
    "epochs": [1, 2],
    "learning_rate": 1e-05,
    "encoder_activation": "relu",
    "tasks.count": 4,
    "tasks": {"subsets": "all", "weights": [None, True, "it's"]},
    "dataset": {"name": "shapes3d_rendered", "subgrid": {"shape": [0, 1]}},
}


@pytest.mark.parametrize("key", FIELDS)
def test_the_override_that_a_message_proposes_is_what_snakemake_then_reads(key: str) -> None:
    config = {"name": "t", key: FIELDS[key], "experiments": {"one": {}}}
    with pytest.raises(ConfigError) as raised:
        Study.from_config(config)
    command = str(raised.value).rpartition("all of them: ")[2]
    program, option, entry = shlex.split(command)
    assert (program, option) == ("snakemake", "--config")
    assert for_snakemake([], [], [entry]) == {"override": {key: FIELDS[key]}}


def test_of_a_long_value_no_half_is_proposed() -> None:
    with pytest.raises(ConfigError, match="below `override` in the config") as raised:
        Study.from_config({"name": "t", "epochs": [*range(900)], "experiments": {"one": {}}})
    assert "--config" not in str(raised.value)


WRONG: dict[str, dict[str, Any]] = {
    "a field": {"cuont": 4},
    "a text with quotes": {"subset": 'it\'s "so"'},
    "a small number": {"input_scalin": [1e-05, "unit"]},
    "a mapping": {"wieghts": {"no": None, "é": True}},
}


@pytest.mark.parametrize("case", WRONG)
def test_the_lines_of_a_repair_are_the_config_with_the_right_name(case: str) -> None:
    ((wrong, value),) = WRONG[case].items()
    body = {"kind": "multi_head", "seed": 1, "dataset": DATASET, "tasks": WRONG[case]}
    with pytest.raises(ConfigError, match=f"tasks.{wrong}: unknown") as raised:
        Study.from_config({"name": "t", "metrics": {"mig": {}}, "experiments": {"one": body}})
    lines = str(raised.value).partition(" Write\n")[2]
    ((right, same),) = yaml.safe_load(lines)["experiments"]["one"]["tasks"].items()
    assert (same, right != wrong) == (value, True)


def test_the_outputs_that_a_plan_proposes_can_be_pasted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    body = {"kind": "multi_head", "dataset": DATASET, "tasks": TASKS, "batch_size": 16}
    body |= {"seed": 1, "epochs": [1, 2], "latent_size": [2, 4], "figures": ["figure3"]}
    config = {"name": "t", "metrics": {"mig": {}}, "experiments": {"one": body}}
    (tmp_path / "mine.yaml").write_text(yaml.safe_dump(config))
    assert main(["plan", "--config", str(tmp_path / "mine.yaml")]) == 0
    out = capsys.readouterr().out
    lines = out.partition("shows it; write\n")[2].splitlines()[:4]
    (tmp_path / "more.yaml").write_text("\n".join(lines))
    found = Study.from_files([tmp_path / "mine.yaml", tmp_path / "more.yaml"]).experiments["one"]
    assert found.figures == ("figure3", "along", "grid")
    assert found.tables == ("effects", "runs")
    assert main(["plan", "--config", *(str(tmp_path / f"{n}.yaml") for n in ("mine", "more"))]) == 0
    assert "shows it" not in capsys.readouterr().out


def test_names_of_columns_and_files_are_words_of_a_shell(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "own/beads"
    write_beads(folder, count=40, side=8)
    lines = (folder / "factors.csv").read_text().splitlines()
    named = [f"it's me,{lines[0]}", *(f"{n},{line}" for n, line in enumerate(lines[1:]))]
    (folder / "factors.csv").write_text("\n".join(named))
    assert main(["own", "beads"]) == 0
    words = shlex.split(capsys.readouterr().out.splitlines()[1].partition("that are: ")[2])
    assert words == ["--factors", "it's me", "shape", "hue", "size"]
    (folder / "a b.csv").write_text("\n".join(named))
    assert main(["own", "beads"]) == 2
    said = capsys.readouterr().err.partition("Choose one: ")[2]
    assert shlex.split(said)[0] == "--table"
    assert (folder / shlex.split(said)[1]).exists()


BEFORE_A_VALUE = re.compile(r".(--[a-z][a-z-]*[ =]|--[a-z-]+ '?[a-z_]+=[{']*)$", re.DOTALL)
"""The end of a text after which a message puts in a value of an option that it proposes; what
begins a message names what was given."""


def proposals(source: str) -> list[str]:
    """The values that texts of a program put after an option, without having them quoted."""
    found = []
    for node in ast.walk(ast.parse(source)):
        parts = node.values if isinstance(node, ast.JoinedStr) else []
        for text, value in pairwise(parts):
            if (
                isinstance(text, ast.Constant)
                and isinstance(value, ast.FormattedValue)
                and BEFORE_A_VALUE.search(str(text.value))
            ):
                found.append(f"{text.value}{{{ast.unparse(value.value)}}}")
    return found


def test_no_message_proposes_an_option_with_a_value_that_is_not_quoted() -> None:
    assert proposals("f'do --set a={b}'")  # it finds what there was
    assert proposals("f\"so: snakemake --config 'override={{{key}: {value}}}'\"")
    assert not proposals("f'do {shell(1, b)}'")
    for path in sorted((ROOT / "mtdis").rglob("*.py")):
        assert proposals(path.read_text(encoding="utf-8")) == [], path
