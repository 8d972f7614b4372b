"""The generated JSON schema accepts the shipped configs and refuses what the study refuses."""

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from helpers.places import ROOT

from mtdis.cli import main
from mtdis.study.config import Config
from mtdis.study.config_files import read_configs
from mtdis.study.schema import config_schema

SCHEMA = config_schema()
OVERLAYS = sorted((ROOT / "workflow/configs").glob("*.yaml"))
LINE = "# yaml-language-server: $schema="
"""What the first line of a config tells editors."""


def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


def test_the_schema_has_every_key_of_the_top_level() -> None:
    assert set(SCHEMA["properties"]) == set(Config.model_fields)


@pytest.mark.parametrize(
    "overlay", [*(ROOT / "workflow/configs").glob("*.yaml")], ids=lambda p: p.stem
)
def test_an_overlay_passes_by_itself(overlay: Path) -> None:
    """Editors check the file that is open, not what it is laid over."""
    jsonschema.validate(yaml.safe_load(overlay.read_text()), SCHEMA)


def test_editors_find_the_schema_where_the_configs_say(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("workflow").mkdir()  # as there is in a checkout
    assert main(["schema", "--write"]) == 0
    for config in (ROOT / "config.yaml", *OVERLAYS):
        place = config.read_text().partition("\n")[0].removeprefix(LINE)
        written = (tmp_path / config.parent.relative_to(ROOT) / place).resolve()
        assert json.loads(written.read_text()) == SCHEMA


@pytest.mark.parametrize(
    "files",
    [
        ["config.yaml"],
        ["config.yaml", "workflow/configs/demo.yaml"],
        ["config.yaml", "workflow/configs/controls.yaml"],
    ],
)
def test_shipped_configs_pass(files: list[str]) -> None:
    jsonschema.validate(read_configs([ROOT / f for f in files]), SCHEMA)


@pytest.mark.slow
@pytest.mark.parametrize(
    "change",
    [
        "nmae: x",
        "experiments: {headline: {sead: 1}}",
        "experiments: {headline: {tasks: {count: 0}}}",
        "experiments: {headline: {dataset: dsprite}}",
        "experiments: {headline: {dataset: {name: dsprites_rendered, image_szie: 32}}}",
        "metrics: {dci: {num_trian: 3}}",
        "name: ../x",
        "experiments: {headline: {figures: [figure99]}}",
    ],
)
def test_typos_are_marked_in_the_editor(change: str) -> None:
    config: dict[str, Any] = {
        "name": "x",
        "experiments": {"headline": {"kind": "random", "seed": [1]}},
    }
    jsonschema.validate(config, SCHEMA)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(config | yaml.safe_load(change), SCHEMA)


@pytest.mark.parametrize(
    "away",
    [
        "metrics: {dci: null}",
        "metrics: {dci: {num_train: null}}",
        "experiments: {headline: null}",
        "experiments: {headline: {figures: null, tasks: {count: null}}}",
        "calibration: null",
    ],
)
def test_an_overlay_may_take_keys_away(away: str) -> None:
    base = {"name": "x", "experiments": {"headline": {"seed": 1}}}
    jsonschema.validate(base | yaml.safe_load(away), SCHEMA)


@pytest.mark.slow
@pytest.mark.parametrize(
    "body",
    [
        {"learning_rate": [1e-3, "1e-4"], "seed": 1},
        {"head_layers": [[300, 300], [64]]},
        {"tasks": {"count": [1, 2]}, "setting": ["paper", "released"]},
        {
            "dataset": {
                "name": "dsprites_rendered",
                "subgrid": {"scale": [2, 3]},
                "classes": {"shape": [0, 1]},
            }
        },
        {"dataset": ["dsprites_rendered", {"name": "dsprites_rendered", "image_size": [8, 16]}]},
    ],
)
def test_what_the_study_takes_the_schema_takes(body: dict[str, Any]) -> None:
    jsonschema.validate({"name": "x", "experiments": {"a": body}}, SCHEMA)
