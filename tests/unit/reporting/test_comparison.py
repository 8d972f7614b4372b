"""What a result may be compared with, what a variant is called, and which line is the best."""

from typing import Any

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


def _names(unlike: dict[float, str], **table: Any) -> dict[str, str]:
    """Learning rate as text → the name of its variant, of runs that differ so from the paper."""
    frame = make_long_table(kinds=("multi_head",), learning_rates=tuple(unlike), **table)
    frame = frame.assign(unlike_paper=frame["spec.learning_rate"].map(unlike))
    return {
        f"{label['spec.learning_rate']:g}": setting_name(label, part)
        for label, part in variants(frame)
    }


def test_only_a_variant_that_is_the_papers_is_named_so() -> None:
    released = _unlike("multi_head", **_released("multi_head"))
    assert _names({0.001: "", 0.0001: released}) == {"0.001": "paper", "0.0001": "released"}


def test_other_variants_are_named_by_what_varies_within_the_experiment() -> None:
    other = "epochs=2, latent_size=8"
    assert _names({0.001: other, 0.0001: f"{other}, learning_rate=0.0001"}) == {
        "0.001": "learning_rate=0.001",
        "0.0001": "learning_rate=0.0001",
    }


def test_no_dataset_of_ones_own_is_the_papers() -> None:
    assert _names({0.001: "", 0.01: "learning_rate=0.01"}, datasets=("own beads",)) == {
        "0.001": "learning_rate=0.001",
        "0.01": "learning_rate=0.01",
    }


def test_settings_of_a_metric_are_none_of_the_run() -> None:
    frame = make_long_table(kinds=("multi_head",), unlike_paper="")
    frame.loc[frame["metric"].eq("mig"), "unlike_paper"] = "num_train=500"
    assert setting_name({}, frame) == "paper"
    assert setting_name({}, frame.assign(unlike_paper="epochs=2")) == "these runs"


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
