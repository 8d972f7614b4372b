"""What a result may be compared with, what a variant is called, and which line is the best."""

import pandas as pd
import pytest
from helpers.long_table import make_long_table

from mtdis.reporting.comparison import as_printed, by_dataset, mark_best, setting_name
from mtdis.reporting.long_table import unlike
from mtdis.reporting.statistics import CELL, variants
from mtdis.specs.run import Run
from mtdis.specs.settings import SETTINGS


def _unlike(kind: str, **fields) -> str:
    return unlike(
        Run.from_fields({"kind": kind, "dataset": "dsprites_rendered", "seed": 1} | fields)
    )


def _released(kind: str) -> dict[str, object]:
    read = Run.member(kind).model_fields
    return {name: value for name, value in SETTINGS["released"].items() if name in read}


@pytest.mark.parametrize("kind", ["random", "single_task", "multi_head", "one_head", "factor_vae"])
def test_the_papers_text_and_the_released_code_are_as_printed(kind: str) -> None:
    assert as_printed(kind, _unlike(kind))
    assert as_printed(kind, _unlike(kind, **_released(kind)))


@pytest.mark.parametrize(
    "change",
    [
        {"learning_rate": 1e-4},
        {"epochs": 12},
        _released("multi_head") | {"epochs": 12},
        {"head_activation": "tanh"},
    ],
)
def test_a_part_of_the_released_settings_or_more_is_not(change: dict[str, object]) -> None:
    assert not as_printed("multi_head", _unlike("multi_head", **change))


def test_variants_are_named_by_what_differs_from_the_paper() -> None:
    frame = make_long_table(settings=("paper", "released"), tasks=(10, 20), kinds=("multi_head",))
    names = {setting_name(label) for label, _ in variants(frame)}
    both = (
        "learning_rate=0.0001, head_layers=300 300 300 300, initialisation=released,"
        " head_activation=tanh"
    )
    assert {"paper", "released", "tasks.count=20"} < names
    [last] = names - {"paper", "released", "tasks.count=20"}
    assert set(last.split(", ")) == {*both.split(", "), "tasks.count=20"}


def test_a_field_of_other_kinds_is_always_named() -> None:
    assert setting_name({"spec.beta": 4.0, "spec.learning_rate": 0.001}) == "beta=4"
    assert setting_name({}) == "paper"


def _lines(**columns) -> pd.DataFrame:
    cell = {"dataset": "a", "metric": "mig", "key": "discrete_mig", "settings": ""}
    return pd.DataFrame(cell | columns, index=range(len(next(iter(columns.values())))))


def test_the_best_is_the_highest_score_and_the_lowest_error() -> None:
    assert mark_best(_lines(mean=[0.1, 0.3, float("nan"), 0.3])).tolist() == [
        False,
        True,
        False,
        True,
    ]
    assert mark_best(_lines(mean=[2.0, 1.0]).assign(metric="mse", key="test")).tolist() == [
        False,
        True,
    ]


@pytest.mark.parametrize("name", [*CELL, "column", "spec.learning_rate"])
def test_the_best_is_looked_for_within_a_cell(name: str) -> None:
    lines = _lines(mean=[0.1, 0.2]).assign(**{name: ["x", "y"]})
    assert mark_best(lines).all()


def test_datasets_come_in_the_papers_order_and_lines_keep_theirs() -> None:
    names = {"mpi": "MPI3D", "cars": "", "dsp": "dSprites", "sha": "Shapes3D"}
    lines = pd.DataFrame(
        {"dataset": [*names, *names], "printed": [*names.values()] * 2, "place": range(8)}
    )
    assert by_dataset(lines)["place"].tolist() == [2, 6, 3, 7, 0, 4, 1, 5]
