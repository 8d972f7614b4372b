"""The printed numbers: complete, and the same as those copied by another hand or as their own
arithmetic.
"""

import json

import numpy as np
import pandas as pd
import pytest
from helpers.places import REFERENCES

from mtdis.errors import ArtifactError
from mtdis.reporting.labels import HEADLINE
from mtdis.reporting.published import scores as published

DATASETS = ["dSprites", "Shapes3D", "MPI3D"]
# From reference.md, section 4.3, not from the file: (key, row): means of the three datasets, then
# their sd.
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
    assert set(zip(table["metric"], table["key"], strict=True)) == set(HEADLINE)
    assert set(table["row"]) == {
        "random",
        "single_mean",
        "single_max",
        "single_min",
        "multi_head",
        "one_head",
    }
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


@pytest.mark.parametrize("swapped", [False, True])
def test_completeness_and_disentanglement_stand_as_computed(swapped: bool) -> None:
    """DCI's importances sum to 1 per factor, so that C·ln d = ln d - H(code weights) + D·ln K and C
    is at least D·ln K / ln d; means of networks keep to it. Three cells of MPI3D (7 factors, 8
    codes) could not be if the text had exchanged the two, even with their rounding.
    """
    factors = {"dSprites": 5, "Shapes3D": 6, "MPI3D": 7}
    cells = published.numbers("5", "6").set_index(["dataset", "row", "key"])
    broken = []
    for dataset, row in {cell[:2] for cell in cells.index}:
        keys = ["completeness", "disentanglement"]
        c, d = (cells.loc[(dataset, row, key)] for key in (keys[::-1] if swapped else keys))
        half = 0.5 * 10.0 ** -c["digits"]
        share = np.log(factors[dataset]) / np.log(8)
        if c["mean"] + half < (d["mean"] - half) * share:
            broken.append((dataset, row))
    mpi3d = [("MPI3D", row) for row in ("autoencoder", "factor_vae", "single_max")]
    assert sorted(broken) == (mpi3d if swapped else [])


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
        (lambda text: text.assign(mean=""), "could not convert"),
        (lambda text: text.assign(sd="-1", sd_ddof="0"), "at least 0"),
        (lambda text: text.assign(sd="1", sd_ddof="2"), "sd_ddof must be 0 or 1"),
        (lambda text: text.assign(sd="", sd_ddof="0"), "empty where there is none"),
        (lambda text: text.assign(sd="1", sd_ddof=""), "0 or 1 where there is an sd"),
        (lambda text: text.assign(task=text["task"].where(text["task"] != "1", "0")), "from 1"),
    ],
)
def test_a_damaged_file_is_refused(change, message: str) -> None:
    text = published.read_text()
    assert len(published.typed(text)) == len(text)
    with pytest.raises(ArtifactError, match=message):
        published.typed(change(text))


@pytest.mark.parametrize(
    ("dataset", "replica_of", "printed"),
    [("dsprites_rendered", "dSprites", "dSprites"), ("mpi3d_real", "", "MPI3D"), ("toy", "", "")],
)
def test_printed_name(dataset: str, replica_of: str, printed: str) -> None:
    assert published.printed_name(dataset, replica_of) == printed


LOSSES = {"dSprites": "8", "Shapes3D": "9", "MPI3D": "10"}
# From reference.md, section 5.2: E[y²] of the targets on the test split, computed from the task
# networks.
MEAN_SQUARES = {
    "dSprites": [256.02, 426.35, 230.09, 582.30, 207.15, 252.22, 300.49, 184.07, 185.19, 175.41],
    "Shapes3D": [199.65, 333.80, 121.03, 230.61, 422.23, 213.59, 235.60, 152.20, 143.41, 227.32],
    "MPI3D": [172.08, 293.25, 237.21, 256.01, 218.57, 201.05, 408.26, 280.88, 181.91, 432.94],
}
# From reference.md, section 4.2: dSprites, Shapes3D, MPI3D.
TABLE_1 = {
    "ground_truth": ((150.235, 3.754), (72.979, 0.193), (108.568, 0.285)),
    "autoencoder": ((80.062, 0.341), (114.939, 0.160), (150.190, 0.097)),
    "vae": ((63.260, 0.260), (132.072, 0.169), (194.865, 15.61)),
    "factor_vae": ((91.937, 0.199), (118.396, 0.423), (151.646, 0.336)),
}
TABLE_4 = {
    "random": (308.04, 0.044, 0.0021),
    "single_task": (326.30, 0.082, 0.0061),
    "multi_head": (35.97, 0.008, 0.0009),
}
TABLE_6 = {
    "discrete_mig": ((0.028, 0.028, 0.023), (0.117, 0.041, 0.011), (0.272, 0.251, 0.040)),
    "eval_accuracy": ((0.566, 0.565, 0.297), (0.710, 0.564, 0.323), (0.622, 0.690, 0.310)),
    "SAP_score": ((0.006, 0.020, 0.009), (0.032, 0.020, 0.017), (0.068, 0.020, 0.011)),
    "informativeness_test": ((0.395, 0.493, 0.473), (0.579, 0.533, 0.484), (0.664, 0.610, 0.482)),
    "disentanglement": ((0.052, 0.081, 0.070), (0.257, 0.124, 0.119), (0.356, 0.342, 0.079)),
    "completeness": ((0.046, 0.078, 0.078), (0.271, 0.120, 0.128), (0.407, 0.331, 0.091)),
}
# Components, then mean, std, min and max of their correlations, to three decimals.
TABLE_7 = {
    ("dSprites", "multi_head"): (4, 0.385, 0.167, 0.079, 0.617),
    ("dSprites", "single_task"): (4, 0.165, 0.058, 0.085, 0.270),
    ("Shapes3D", "multi_head"): (5, 0.518, 0.308, 0.041, 0.903),
    ("Shapes3D", "single_task"): (4, 0.311, 0.288, 0.000, 0.793),
    ("MPI3D", "multi_head"): (6, 0.317, 0.143, 0.112, 0.586),
    ("MPI3D", "single_task"): (5, 0.202, 0.112, 0.062, 0.363),
}


def _matrix(dataset: str) -> pd.DataFrame:
    """Networks (lines) by tasks (columns); the total under the task 0."""
    table = published.numbers(LOSSES[dataset])
    assert set(table["dataset"]) == {dataset}
    matrix = table.assign(task=table["task"].fillna(0)).pivot(
        index="row", columns="task", values="mean"
    )
    return matrix.loc[[*(f"task{t}" for t in range(1, 11)), "multi_head"]]


@pytest.mark.parametrize("dataset", LOSSES)
def test_losses_agree_with_an_independent_copy(dataset: str) -> None:
    stored = json.loads((REFERENCES / "tables_8_10.json").read_text())[dataset]
    assert str(stored["table"]) == LOSSES[dataset]
    expected = np.array(list(stored["rows"].values()))
    np.testing.assert_array_equal(_matrix(dataset)[[*range(1, 11), 0]], expected)


@pytest.mark.parametrize("dataset", LOSSES)
def test_totals_are_the_means_of_the_ten(dataset: str) -> None:
    matrix = _matrix(dataset)
    np.testing.assert_allclose(matrix[list(range(1, 11))].mean(axis=1), matrix[0], atol=0.0101)


@pytest.mark.parametrize("dataset", LOSSES)
def test_losses_on_tasks_not_trained_are_the_targets_mean_squares(dataset: str) -> None:
    losses = _matrix(dataset).loc[[f"task{t}" for t in range(1, 11)], list(range(1, 11))].to_numpy()
    off = losses[~np.eye(10, dtype=bool)]
    expected = np.broadcast_to(MEAN_SQUARES[dataset], (10, 10))[~np.eye(10, dtype=bool)]
    np.testing.assert_allclose(off, expected, rtol=0.006)
    assert (np.diag(losses) < 0.9 * np.array(MEAN_SQUARES[dataset])).all()


@pytest.mark.parametrize(("row", "cells"), TABLE_1.items())
def test_table_1(row: str, cells: tuple[tuple[float, float], ...]) -> None:
    table = published.numbers("1").set_index(["row", "dataset"]).loc[row].loc[DATASETS]
    assert tuple(zip(table["mean"], table["sd"], strict=True)) == cells
    assert table["reading"].str.contains("printed as RMSE, read as the mean squared error").all()
    # A root of these errors would be above what predicting 0 gives.
    worst = [float(np.mean(MEAN_SQUARES[name])) for name in DATASETS]
    assert (table["mean"].to_numpy() < worst).all()
    assert (table["mean"].to_numpy() > np.sqrt(worst)).all()


@pytest.mark.parametrize(("row", "cells"), TABLE_4.items())
def test_table_4_has_two_readings(row: str, cells: tuple[float, ...]) -> None:
    table = published.numbers("4").set_index(["row", "dataset"]).loc[row].loc[DATASETS]
    assert tuple(table["mean"]) == cells
    assert list(table["key"]) == ["bce_sum", "mse", "mse"]
    assert "summed over an image" in table["reading"].iloc[0]


@pytest.mark.parametrize(("key", "cells"), TABLE_6.items())
def test_table_6(key: str, cells: tuple[tuple[float, ...], ...]) -> None:
    table = (
        published.numbers("6").query("key == @key").set_index(["row", "dataset"])["mean"].unstack()
    )
    assert table.loc[["autoencoder", "vae", "factor_vae"], DATASETS].to_numpy().tolist() == [
        list(c) for c in cells
    ]


@pytest.mark.parametrize(("dataset", "row"), TABLE_7)
def test_table_7(dataset: str, row: str) -> None:
    table = (
        published.numbers("7").query("dataset == @dataset and row == @row").set_index("key")["mean"]
    )
    keys = [
        "components",
        "mean_correlation",
        "std_correlation",
        "min_correlation",
        "max_correlation",
    ]
    assert tuple(table[keys].round(3)) == TABLE_7[dataset, row]
    assert table["min_correlation"] <= table["mean_correlation"] <= table["max_correlation"]


def test_printed_decimals_are_kept() -> None:
    printed = published.numbers("4").set_index("mean")["digits"]
    assert (printed[308.04], printed[0.044], printed[0.0021]) == (2, 3, 4)
    assert published.numbers("5")["digits"].eq(2).all()


def test_datasets_stand_in_the_papers_order_and_others_last() -> None:
    replicas = {
        "beads": "",
        "mpi3d_real_rendered": "MPI3D",
        "cars3d": "",
        "shapes3d": "",
        "dsprites_rendered": "dSprites",
        "dsprites": "",
    }
    frame = pd.DataFrame(
        {"dataset": [*replicas, *replicas], "replica_of": [*replicas.values(), *replicas.values()]}
    )
    order = ["dsprites", "dsprites_rendered", "shapes3d", "mpi3d_real_rendered", "beads", "cars3d"]
    assert published.dataset_order(frame) == order


def test_several_tables_at_once() -> None:
    assert len(published.numbers("8", "9", "10")) == 3 * 11 * 11
    assert set(published.numbers("1")["table"]) == {"1"}
