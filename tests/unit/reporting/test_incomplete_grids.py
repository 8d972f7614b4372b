"""What tables say of scores that are not drawn from a complete grid."""

from typing import Any

import pandas as pd
import pytest
from helpers.long_table import make_long_table

from mtdis.reporting.formats.notes import notes
from mtdis.reporting.long_table import make
from mtdis.reporting.tables import table5
from mtdis.specs.cautions import INCOMPLETE_GRID
from mtdis.specs.run import Run

GRID: dict[str, Any] = {"name": "dsprites_rendered", "image_size": 8}
OWN: dict[str, Any] = {
    "name": "own",
    "label": "x",
    "checksum": "sha256-0123456789abcdef",
    "factors": ["a", "b"],
}
ROW = {
    "network": "random",
    "metric": "mig",
    "key": "discrete_mig",
    "settings": "mig",
    "metric_seed": 0,
    "value": 0.5,
}


@pytest.mark.parametrize(
    ("dataset", "incomplete"),
    [
        (GRID, False),
        (GRID | {"subgrid": {"posX": 4}}, False),
        (GRID | {"drop": [{"shape": 0, "scale": [4, 5]}]}, True),
        (OWN | {"class_counts": [2, 4], "rows": 8, "factor_grid": "complete"}, False),
        (OWN | {"class_counts": [2, 4], "rows": 8}, True),
        (OWN | {"class_counts": [2, 4], "rows": 10}, True),
    ],
)
def test_scores_of_an_incomplete_grid_say_so(dataset: dict[str, Any], incomplete: bool) -> None:
    run = Run.from_fields({"kind": "random", "seed": 1, "dataset": dataset})
    losses = {"test": {"mse": [0.1]}}
    record = {"result": {"networks": [{"network": "random", "diverged": False, "losses": losses}]}}
    score = ROW | {"transform": "none", "draw": 0, "diverged": False, "error": ""}
    frame = make("one", [(run, record, {"rows": [score]})])
    marked = frame["unlike_paper"].str.contains(INCOMPLETE_GRID, regex=False)
    assert marked.tolist() == [False, incomplete]  # an error of predictions is not drawn


def noted(frame: pd.DataFrame) -> list[str]:
    return [note for note in notes(table5.make(frame)) if INCOMPLETE_GRID in note]


@pytest.mark.parametrize(
    ("dataset", "expected"), [("own", f"own: {INCOMPLETE_GRID}."), ("shapes3d_rendered", None)]
)
def test_the_note_stands_under_a_table_once_for_each_dataset(
    dataset: str, expected: str | None
) -> None:
    frame = make_long_table(datasets=[dataset], unlike_paper=f"epochs=12, {INCOMPLETE_GRID}")
    (note,) = noted(frame)
    if expected:
        assert note == expected
    else:
        assert f"unlike the paper: epochs=12, {INCOMPLETE_GRID}" in note
    assert noted(make_long_table(datasets=[dataset])) == []


def test_the_note_names_only_the_datasets_that_it_is_about() -> None:
    whole = make_long_table(datasets=["dsprites_rendered", "b"])
    frame = pd.concat([whole, make_long_table(datasets=["own"], unlike_paper=INCOMPLETE_GRID)])
    assert noted(frame) == [f"own: {INCOMPLETE_GRID}."]
