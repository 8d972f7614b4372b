"""Config files mean what they say: what YAML makes of a text behind one's back is refused in words,
and whatever is damaged ends in a plan or in a short message.
"""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from helpers import mutants
from helpers.places import ROOT

from mtdis.errors import ConfigError
from mtdis.study import Study
from mtdis.study.config_files import (
    MAX_DEPTH,
    for_snakemake,
    parse_json,
    parse_yaml,
    read_configs,
)

LONGEST = 25_000
"""Characters of the longest message: a hundred lines of what is wrong with a hundred fields."""
PAPER = (ROOT / "config.yaml").read_text()
MUTANTS = int(os.environ.get("MTDIS_MUTANTS", "200"))
"""Of each kind. `MTDIS_MUTANTS=2000 pytest` tries more."""


def said(text: str) -> str:
    """What is said of a text; empty if it is read."""
    with pytest.raises(ConfigError) as caught:
        parse_yaml(text, "c.yaml")
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a: 1\nb: 2\na: 3", "key 'a' is given twice, in line 1 and in line 3"),
        ("x: {seed: 1, seed: 2}", "key 'seed' is given twice"),
        ("a: 1\n'a': 2", "key 'a' is given twice"),
        ("a: 010", "line 1: programs read '010' differently"),
        ("a: 08", "'08'"),
        ("a: 1:30", "'1:30'"),
        ("a: 1_000", "'1_000'"),
        ("a: 0b_", "'0b_'"),
        ("a: 0x1F", "'0x1F'"),
        ("a: -017", "'-017'"),
        ("a: &a [1, *a]", "an alias stands inside its own anchor"),
        (f"a: {'9' * 5000}", "has more than 40 digits"),
        ("a: !!python/name:os.system x", "the tag 'tag:yaml.org,2002:python/name:os.system'"),
        ("a: !own x", "the tag '!own'"),
        ("a: !!int '3'", "the tag"),
        ("a: [1", "can't be read as YAML"),
        ("a: 1\n---\na: 2", "can't be read as YAML"),
        ("a: " + "[" * 100 + "]" * 100, f"nested more than {MAX_DEPTH} deep"),
        ("? [a]\n: 1", "a key is a plain text"),
        ("a: {<<: 3}", "<< merges mappings"),
    ],
)
def test_what_readers_disagree_about_is_refused_in_words(text: str, words: str) -> None:
    assert words in said(text)
    assert len(said(text)) < 1000


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-3", 0.001),
        ("-.5", -0.5),
        ("1.", 1.0),
        ("10", 10),
        ("+3", 3),
        ("0", 0),
        ("0.5", 0.5),
        ("'010'", "010"),
        ('"1e3"', "1e3"),
        ("yes", "yes"),
        ("off", "off"),
        ("true", True),
        ("~", None),
        ("null", None),
        ("2024-13-45", "2024-13-45"),
        ("2024-01-05", "2024-01-05"),
        ("1.2.3", "1.2.3"),
        ("=", "="),
        ("[a, 1, 2.5]", ["a", 1, 2.5]),
        ("{1: x}", {"1": "x"}),
        ("{a: &b {c: 1}, d: {<<: *b, e: 2}}", {"a": {"c": 1}, "d": {"c": 1, "e": 2}}),
        ("{a: &b {c: 1}, d: {c: 3, <<: *b}}", {"a": {"c": 1}, "d": {"c": 3}}),
        ("[&a 1, *a]", [1, 1]),
        ("", None),
    ],
)
def test_values_are_those_of_yaml_1_2(text: str, value: Any) -> None:
    found = parse_yaml(text, "c.yaml")
    assert found == value
    assert type(found) is type(value)


def test_what_unfolds_without_end_is_refused_before_it_unfolds() -> None:
    lines = ["a: &a [x, x, x, x, x, x, x, x, x]"]
    for above, here in zip("abcdefgh", "bcdefghi", strict=True):
        lines.append(f"{here}: &{here} [{', '.join([f'*{above}'] * 9)}]")
    assert "once its aliases are unfolded" in said("\n".join(lines))
    merged = "\n".join(
        f"m{i}: &m{i} {{<<: [{', '.join([f'*m{i - 1}'] * 9)}]}}" for i in range(1, 9)
    )
    assert "once its aliases are unfolded" in said("m0: &m0 {a: 1}\n" + merged)


def test_every_shipped_config_is_read_as_before() -> None:
    import yaml

    for path in (ROOT / "config.yaml", *sorted((ROOT / "workflow/configs").glob("*.yaml"))):
        assert read_configs([path]) == yaml.safe_load(path.read_text())


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('{"a": 1, "a": 2}', "the key 'a' is given twice"),
        ('{"a": NaN}', "NaN is no number"),
        ("[" * 100_000, "nested too deeply"),
        ("9" * 5000, "too long a number"),
        ("{", "not JSON"),
    ],
)
def test_json_arguments_are_as_strict(text: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        parse_json(text, "--spec")


def test_a_config_given_twice_and_entries_are_laid_over_in_order(tmp_path: Path) -> None:
    base, mine = tmp_path / "config.yaml", tmp_path / "mine.yaml"
    base.write_text("a: 1\nb: {c: 2, d: 3}\n")
    mine.write_text("b: {c: 4}\n")
    config = for_snakemake([base], given=[base, mine], entries=["b={d: 1e-3}", "e=010x"])
    assert config == {"a": 1, "b": {"c": 4, "d": 0.001}, "e": "010x"}
    assert for_snakemake([mine, base], given=[mine], entries=None)["b"] == {"c": 4, "d": 3}
    with pytest.raises(ConfigError, match="--config seed, line 1: programs read '010'"):
        for_snakemake([base], given=[], entries=["seed=010"])


BASE = """name: x
metrics: {mig: {}, dci: {num_train: 3}}
experiments: {a: {seed: 1, epochs: 2}, b: {}}
"""


def laid(tmp_path: Path, *texts: str) -> dict[str, Any]:
    """Configs of these texts, each laid over those before."""
    files = [tmp_path / f"{i}.yaml" for i in range(len(texts))]
    for file, text in zip(files, texts, strict=True):
        file.write_text(text)
    return read_configs(files)


@pytest.mark.parametrize(
    ("over", "left"),
    [
        ("metrics: {dci: null}", {"metrics": {"mig": {}}}),
        ("metrics: {dci: {num_train: }}", {"metrics": {"mig": {}, "dci": {}}}),
        ("experiments: {b: ~}", {"experiments": {"a": {"seed": 1, "epochs": 2}}}),
        ("experiments: {a: {epochs: null}}", {"experiments": {"a": {"seed": 1}, "b": {}}}),
        ("metrics: null", {}),
    ],
)
def test_null_in_an_overlay_takes_a_key_away(tmp_path: Path, over: str, left: Any) -> None:
    whole = parse_yaml(BASE, "base")
    rest = {key: value for key, value in whole.items() if key != over.partition(":")[0]}
    assert laid(tmp_path, BASE, over) == rest | left


@pytest.mark.parametrize(
    ("over", "words"),
    [
        ("metrics: {dcii: null}", r"1.yaml: metrics: 'dcii' is null, .* found 'mig, dci'"),
        ("calibration:", r"1.yaml: 'calibration' is null"),
        ("experiments: {b: {epochs: null}}", r"experiments: b: 'epochs' is null, .* nothing is"),
    ],
)
def test_a_null_that_takes_nothing_away_is_refused(tmp_path: Path, over: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        laid(tmp_path, BASE, over)
    with pytest.raises(ConfigError, match="takes a key away"):
        laid(tmp_path, BASE, "metrics: {dci: null}", "metrics: {dci: null}")


def test_null_is_empty_where_nothing_is_below(tmp_path: Path) -> None:
    """In the first config, and in a mapping that an overlay brings: a key without value."""
    assert laid(tmp_path, "metrics: {mig: }") == {"metrics": {"mig": None}}
    new = laid(tmp_path, BASE, "experiments: {c: {stages: {umap: }}}")["experiments"]["c"]
    assert new == {"stages": {"umap": None}}


def test_entries_of_the_command_line_take_away_too(tmp_path: Path) -> None:
    base = tmp_path / "config.yaml"
    base.write_text(BASE)
    found = for_snakemake([base], given=[], entries=["metrics={mig: null}", "experiments={b: }"])
    assert (list(found["metrics"]), list(found["experiments"])) == (["dci"], ["a"])
    with pytest.raises(ConfigError, match=r"--config metrics: metrics: 'sap' is null"):
        for_snakemake([base], given=[], entries=["metrics={sap: null}"])


def test_a_study_scores_nothing_that_an_overlay_took_away(tmp_path: Path) -> None:
    over = "name: y\nmetrics: {irs: null, beta_vae: null}\nselect: [headline]\n"
    without = {m.name() for m in Study.from_config(laid(tmp_path, PAPER, over)).metrics}
    assert {m.name() for m in Study.from_config(laid(tmp_path, PAPER)).metrics} - without == {
        "irs",
        "beta_vae",
    }


def outcome(text: str) -> str:
    """`planned`, or what is said; anything but a ConfigError is a failure."""
    try:
        config = parse_yaml(text, "c.yaml")
        if not isinstance(config, dict):
            return "no mapping"
        Study.from_config(config)
    except ConfigError as error:
        return str(error)
    return "planned"


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2))
def test_a_damaged_config_is_a_plan_or_a_short_message(seed: int) -> None:
    said = [outcome(text) for text in mutants.texts(PAPER, MUTANTS, seed)]
    small = parse_yaml(PAPER, "config.yaml") | {"select": ["headline", "reconstructions"]}
    said += [outcome(text) for text in mutants.structures(small, MUTANTS, seed)]
    assert max(map(len, said)) < LONGEST
    assert 0.02 < said.count("planned") / len(said) < 0.98


@pytest.mark.parametrize("name", ["a" * 5000, list(range(1000))])
def test_a_long_name_is_cut_so_that_the_known_ones_are_read(name: Any) -> None:
    message = outcome(small(kind=[name]))
    assert len(message) < 500
    assert "Known: autoencoder" in message


def test_a_misspelt_section_is_not_said_again_with_all_that_it_holds() -> None:
    message = outcome(small(seed=list(range(900))).replace('"experiments"', '"experimetns"'))
    assert "Write experiments before what it holds." in message
    assert len(message) < 500


def small(**fields: Any) -> str:
    """A config of one experiment as text."""
    one = {"kind": "random", "dataset": "dsprites_rendered"}
    return json.dumps({"name": "x", "experiments": {"one": one | fields}})
