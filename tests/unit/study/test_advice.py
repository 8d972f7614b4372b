"""What a plan says of swept fields: which outputs would show nothing, and which would show them."""

from typing import Any

import pytest
from helpers.small_study import DATASET, TASKS

from mtdis.study import Study
from mtdis.study.advice import notes, suggestions, swept_fields
from mtdis.study.experiments import Experiment

SMALL = {"dataset": DATASET, "tasks": TASKS}
OUTPUTS: list[dict[str, Any]] = [
    {"figures": ["along"]},
    {"tables": ["effects"]},
    {"tables": ["runs"]},
    {"tables": ["settings"]},
    {"figures": ["grid"], "epochs": [1, 2]},
]


def _experiment(**fields: Any) -> Experiment:
    given = {"kind": "multi_head", "seed": [1, 2], "batch_size": 16} | SMALL | fields
    body = {field: value for field, value in given.items() if value is not None}
    study = Study.from_config({"name": "s", "metrics": {"mig": {}}, "experiments": {"e": body}})
    return study.experiments["e"]


def test_swept_fields_are_those_that_vary_within_a_kind_on_a_dataset() -> None:
    sizes = DATASET | {"image_size": [8, 16, 32]}
    swept = swept_fields(_experiment(latent_size=[2, 4], dataset=sizes).runs)
    assert swept == {"latent_size": 2, "dataset.image_size": 3}
    assert swept_fields(_experiment(kind=["multi_head", "random"]).runs) == {}


@pytest.mark.parametrize("path", ["tasks.seed", "split_seed"])
def test_seeds_that_are_zipped_are_no_sweep_and_crossed_ones_are(path: str) -> None:
    zipped = _experiment(seed=None, zip={"seed": [1, 2], path: [8, 9]})
    assert swept_fields(zipped.runs) == {}
    of_one = _experiment(seed=None, zip={"seed": [1, 1], path: [8, 9]})
    assert swept_fields(of_one.runs) == {path: 2}
    half = _experiment(seed=None, zip={"seed": [1, 2, 2], path: [8, 9, 8]})
    assert swept_fields(half.runs) == {path: 2}


def test_a_sweep_that_no_output_shows_is_given_some_that_do() -> None:
    assert suggestions(_experiment(latent_size=[2, 4], tables=["table5"])) == {
        "fields": ["latent_size"],
        "figures": ["along"],
        "tables": ["table5", "effects", "runs"],
    }
    two = suggestions(_experiment(latent_size=[2, 4], epochs=[1, 2]))
    assert two["figures"] == ["along", "grid"]


@pytest.mark.parametrize("outputs", OUTPUTS)
def test_what_shows_any_field_is_enough(outputs: dict[str, Any]) -> None:
    assert suggestions(_experiment(latent_size=[2, 4], **outputs)) == {}


def test_an_output_of_one_field_shows_that_one() -> None:
    counts = {"tasks": TASKS | {"count": [1, 2]}, "figures": ["figure14"]}
    assert suggestions(_experiment(**counts)) == {}
    assert suggestions(_experiment(**counts, latent_size=[2, 4]))["fields"] == ["latent_size"]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"figures": ["along"]}, "figure along would show nothing: no field varies"),
        ({"tables": ["effects"]}, "table effects would show nothing: no field varies"),
        (
            {"figures": ["grid"], "latent_size": [2, 4]},
            "figure grid would show nothing: only latent_size varies",
        ),
        (
            {"figures": ["figure14"], "latent_size": [2, 4]},
            "figure14 would hold one point per panel: tasks.count has one value",
        ),
    ],
)
def test_what_would_show_nothing_is_said(fields: dict[str, Any], expected: str) -> None:
    [said, *_] = notes(_experiment(**fields))
    assert expected in said


def test_nothing_is_said_of_what_shows_something() -> None:
    assert notes(_experiment(latent_size=[2, 4], figures=["along"], tables=["runs"])) == []
    assert notes(_experiment(tables=["runs", "table5"])) == []
