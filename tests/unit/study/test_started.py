"""Another config of a study's name is refused unless it only adds to what was started."""

import os
from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from helpers.small_results import CONFIG

from mtdis import paths
from mtdis.errors import ConfigError
from mtdis.study import Study, started

HERE = Path()
CALIBRATED = CONFIG | {"calibration": {"metrics": ["mig"], "rotations": 3, "permutations": 3}}


def changed(config: Mapping[str, Any], change: Mapping[str, Any]) -> dict[str, Any]:
    """A config with values at dotted paths; None takes them away."""
    found = deepcopy(dict(config))
    for path, value in change.items():
        *way, last = path.split(".")
        place = found
        for key in way:
            place = place[key]
        if value is None:
            del place[last]
        else:
            place[last] = value
    return found


def start(config: Mapping[str, Any]) -> None:
    started.write_started(Study.from_config(config), HERE)


def refusal(config: Mapping[str, Any]) -> str:
    with pytest.raises(ConfigError) as error:
        started.check_same(Study.from_config(config), HERE)
    return str(error.value)


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"experiments.one.seed": [2, 1, 3]},
        {"experiments.one.kind": ["random", "single_task", "multi_head", "one_head"]},
        {"experiments.one.epochs": [2, 3]},
        {"experiments.one.tables": []},
        {"experiments.one.figures": ["figure3"]},
        {"experiments.two": CONFIG["experiments"]["one"] | {"seed": 5}},
        {"metrics.mig": {"num_train": [10_000, 20]}},
        {"metrics.modularity": {}},
        {"calibration": {}},
        {"limit": 1000},
        {"name": "another", "experiments.one.epochs": 5},
    ],
)
def test_what_adds_to_a_study_is_no_conflict(change: Mapping[str, Any]) -> None:
    start(CONFIG)
    started.check_same(Study.from_config(changed(CONFIG, change)), HERE)


@pytest.mark.parametrize(
    ("change", "said", "name"),
    [
        ({"override": {"epochs": 5}}, "one: epochs was 2, is 5.", "small-epochs-5"),
        ({"experiments.one.seed": [1]}, "one: seed was 1, 2, is 1.", "small-seed-1"),
        (
            {"experiments.one.epochs": 5, "experiments.one.batch_size": 8},
            "one: epochs was 2, is 5; one: batch_size was 16, is 8.",
            "small-epochs-5",
        ),
        (
            {"override": {"epochs": 5, "batch_size": 8, "head_layers": [4]}},
            "one: epochs was 2, is 5; one: batch_size was 16, is 8 (and 1 more).",
            "small-epochs-5",
        ),
        (
            {"experiments.one.exclude": [{"kind": "random", "seed": 2}]},
            "1 of its 6 runs",
            "small-2",
        ),
        ({"metrics.mig": {"num_train": 20}}, "metric mig: num_train was 10000, is 20.", None),
        ({"metrics.mig": None}, "metric mig is gone.", "small-2"),
    ],
)
def test_what_would_replace_tables_is_refused_with_what_differs_and_a_name(
    change: Mapping[str, Any], said: str, name: str | None
) -> None:
    start(CONFIG)
    message = refusal(changed(CONFIG, change))
    assert said in message
    assert f"--config name={name or 'small-num_train-20'}." in message
    assert "delete results/studies/small/study.json" in message


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"calibration": None}, "calibration of mig is gone or another; one is no more calibrated"),
        ({"calibration.rotations": 4}, "calibration of mig is gone or another."),
    ],
)
def test_another_calibration_is_refused(change: Mapping[str, Any], said: str) -> None:
    start(CALIBRATED)
    assert said in refusal(changed(CALIBRATED, change))


def test_a_part_by_select_is_the_study() -> None:
    both = changed(CONFIG, {"experiments.two": CONFIG["experiments"]["one"] | {"seed": 5}})
    start(both | {"select": ["one"]})
    started.check_same(Study.from_config(both), HERE)
    started.check_same(Study.from_config(both | {"select": ["two"]}), HERE)
    other = changed(both, {"experiments.two.epochs": 9})
    assert "two: epochs was 2, is 9." in refusal(other | {"select": ["one"]})


def test_an_experiment_that_is_gone_replaces_nothing() -> None:
    start(changed(CONFIG, {"experiments.two": CONFIG["experiments"]["one"] | {"seed": 5}}))
    started.check_same(Study.from_config(CONFIG), HERE)


def test_a_name_that_is_taken_is_not_offered() -> None:
    for name in ("small", "small-epochs-5", "small-2"):
        start(CONFIG | {"name": name})
    assert "name=small-3." in refusal(changed(CONFIG, {"override": {"epochs": 5}}))


def test_the_last_start_is_known_by_its_time() -> None:
    for when, name in ((3, "late"), (1, "early"), (2, "small")):
        start(CONFIG | {"name": name})
        os.utime(paths.started(name), (when, when))
    assert [one.name for one in started.started(HERE)] == ["late", "small", "early"]
    last = started.study_of_last(HERE)
    assert last
    assert last.name == "late"
    os.utime(paths.started("small"), (4, 4))
    more = Study.from_config(changed(CONFIG, {"experiments.one.seed": [1, 2, 3]}))
    other = Study.from_config(changed(CONFIG, {"experiments.one.seed": [7]}))
    assert started.study_of_last(HERE, [more]) is more
    assert started.study_of_last(HERE, [other]) == Study.from_config(CONFIG)


@pytest.mark.parametrize("text", ["{", "[]", '{"format": 2, "config": {}}', '{"format": 1}'])
def test_a_damaged_file_is_named(text: str) -> None:
    start(CONFIG)
    Path(paths.started("small")).write_text(text)
    assert "results/studies/small/study.json is damaged" in refusal(CONFIG)


def test_a_config_of_another_version_is_named() -> None:
    start(CONFIG)
    file = Path(paths.started("small"))
    file.write_text(file.read_text().replace('"epochs"', '"epohcs"'))
    message = refusal(CONFIG)
    assert "unknown setting 'epohcs'" in message
    assert "started with another version of mtdis" in message
