"""The printed numbers of Table 5: complete, and the same as those copied by another hand."""

import pandas as pd
import pytest

from mtdis import published
from mtdis.errors import ArtifactError
from mtdis.statistics import ROWS
from mtdis.style import KEYS

DATASETS = ["dSprites", "Shapes3D", "MPI3D"]
# From reference.md, section 4.3, not from the file: (key, row): means of the three datasets, then their sd.
SPOT = {
    ("discrete_mig", "random"): (0.01, 0.02, 0.01, 0.01, 0.01, 0.00),
    ("discrete_mig", "single_max"): (0.02, 0.01, 0.01, 0.00, 0.00, 0.00),
    ("discrete_mig", "multi_head"): (0.04, 0.08, 0.04, 0.02, 0.02, 0.02),
    ("eval_accuracy", "random"): (0.00, 0.00, 0.00, 0.00, 0.00, 0.00),
    ("eval_accuracy", "single_mean"): (0.31, 0.27, 0.21, 0.03, 0.03, 0.02),
    ("eval_accuracy", "multi_head"): (0.50, 0.59, 0.36, 0.11, 0.04, 0.04),
    ("eval_accuracy", "one_head"): (0.42, 0.44, 0.30, 0.02, 0.06, 0.04),
    ("completeness", "single_max"): (0.05, 0.03, 0.06, 0.02, 0.01, 0.01),
    ("completeness", "multi_head"): (0.08, 0.14, 0.10, 0.05, 0.04, 0.03),
    ("disentanglement", "single_mean"): (0.03, 0.01, 0.03, 0.01, 0.01, 0.01),
    ("disentanglement", "multi_head"): (0.09, 0.15, 0.10, 0.05, 0.04, 0.04),
    ("disentanglement", "one_head"): (0.05, 0.05, 0.05, 0.01, 0.03, 0.01),
    ("informativeness_test", "random"): (0.23, 0.40, 0.43, 0.00, 0.01, 0.00),
    ("informativeness_test", "multi_head"): (0.41, 0.53, 0.53, 0.01, 0.03, 0.04),
    ("SAP_score", "single_mean"): (0.01, 0.01, 0.01, 0.01, 0.00, 0.00),
    ("SAP_score", "multi_head"): (0.01, 0.04, 0.02, 0.01, 0.01, 0.01),
    ("SAP_score", "one_head"): (0.02, 0.02, 0.01, 0.02, 0.01, 0.01),
}
SINGLE_MIN = {
    "discrete_mig": (0.01, 0.00, 0.00),
    "eval_accuracy": (0.26, 0.23, 0.18),
    "completeness": (0.02, 0.01, 0.02),
    "disentanglement": (0.02, 0.01, 0.02),
    "informativeness_test": (0.23, 0.26, 0.29),
    "SAP_score": (0.00, 0.00, 0.01),
}


def _printed(key: str, row: str) -> pd.DataFrame:
    table = published.numbers("5").set_index("dataset")
    return table[(table["key"] == key) & (table["row"] == row)].loc[DATASETS]


def test_every_key_row_and_dataset_is_there_once() -> None:
    table = published.numbers("5")
    assert len(table) == 6 * 6 * 3
    assert set(zip(table["metric"], table["key"], strict=True)) == set(KEYS)
    assert set(table["row"]) == set(ROWS)
    assert set(table["dataset"]) == set(DATASETS) == set(published.GENUINE.values())
    assert not table.duplicated(["key", "row", "dataset"]).any()
    assert table["sd_ddof"].eq(0).all()


@pytest.mark.parametrize(("key", "row"), SPOT)
def test_numbers_agree_with_an_independent_copy(key: str, row: str) -> None:
    printed = _printed(key, row)
    assert (*printed["mean"], *printed["sd"]) == SPOT[key, row]


@pytest.mark.parametrize("key", SINGLE_MIN)
def test_worst_tasks_agree_with_an_independent_copy(key: str) -> None:
    assert tuple(_printed(key, "single_min")["mean"]) == SINGLE_MIN[key]


def test_doubtful_readings_say_so() -> None:
    readings = published.numbers("5").groupby("key")["reading"].agg("first")
    assert readings["completeness"] == readings["disentanglement"]
    assert "may be swapped" in readings["completeness"]
    assert readings["discrete_mig"] == ""


def test_a_caller_cannot_change_what_the_next_one_reads() -> None:
    numbers = published.numbers("5")
    numbers.loc[:, "mean"] = 9.0
    assert published.numbers("5")["mean"].max() < 1


def test_a_table_that_was_not_typed_in_is_empty() -> None:
    assert published.numbers("99").empty


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda text: text.drop(columns="sd"), "columns"),
        (lambda text: pd.concat([text, text.head(1)]), "twice"),
        (lambda text: text.assign(mean="high"), "high"),
        (lambda text: text.assign(sd="-1"), "at least 0"),
        (lambda text: text.assign(sd_ddof="2"), "sd_ddof 0 or 1"),
    ],
)
def test_a_damaged_file_is_refused(change, message: str) -> None:
    text = published.numbers("5").astype(str)
    assert len(published.typed(text)) == len(text)
    with pytest.raises(ArtifactError, match=message):
        published.typed(change(text))


@pytest.mark.parametrize(
    ("dataset", "replica_of", "printed"),
    [("dsprites_rendered", "dSprites", "dSprites"), ("mpi3d_real", "", "MPI3D"), ("toy", "", "")],
)
def test_printed_name(dataset: str, replica_of: str, printed: str) -> None:
    assert published.printed_name(dataset, replica_of) == printed
