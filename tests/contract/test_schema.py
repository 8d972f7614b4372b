"""The generated JSON schema accepts the shipped configs and refuses what the study refuses."""

import json
from typing import Any

import jsonschema
import pytest
import yaml
from helpers.places import ROOT

from mtdis.commands._options import read_configs

SCHEMA = json.loads((ROOT / "workflow/config.schema.json").read_text())


def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("files", [["config.yaml"], ["config.yaml", "workflow/configs/demo.yaml"]])
def test_shipped_configs_pass(files: list[str]) -> None:
    jsonschema.validate(read_configs([ROOT / f for f in files]), SCHEMA)


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
