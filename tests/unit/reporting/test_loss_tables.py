"""Tables 8 to 10, the trained tasks, Table 6 and the settings: ours beside the right published
value.
"""

import pandas as pd
import pytest
from helpers.long_table import EVERY_KIND, make_long_table, with_losses

from mtdis.reporting.statistics import value_text
from mtdis.reporting.tables import settings, table6, tables8_10, trained_task
from mtdis.specs.run import TaskRun
from mtdis.specs.settings import SETTINGS

RELEASED = ", ".join(
    f"{name}={value_text(value)}"
    for name, value in SETTINGS["released"].items()
    if name in TaskRun.model_fields
)


def _line(table: pd.DataFrame, **names: object) -> pd.Series:
    chosen = table
    for column, value in names.items():
        chosen = chosen[chosen[column] == value]
    assert len(chosen) == 1
    return chosen.iloc[0]


def _frame(**options) -> pd.DataFrame:
    return with_losses(make_long_table(**({"tasks": 10, "kinds": EVERY_KIND} | options)))


@pytest.mark.parametrize(
    ("dataset", "row", "column", "printed"),
    [
        ("dsprites_rendered", "task3", "task 3", 86.85),
        ("dsprites_rendered", "task10", "total", 270.74),
        ("shapes3d_rendered", "task1", "task 6", 212.84),
        ("mpi3d_rendered", "multi_head", "total", 85.48),
    ],
)
def test_every_error_has_its_published_value(
    dataset: str, row: str, column: str, printed: float
) -> None:
    table = tables8_10.make(_frame(datasets=[dataset]))
    line = _line(table, metric="mse", row=row, column=column)
    assert (line["published_mean"], line["comparable"]) == (printed, False)
    assert "stands for" in line["note"]
    assert table.loc[table["metric"] == "r2", "published_mean"].isna().all()
    assert table.loc[table["row"] == "one_head", "published_mean"].isna().all()


@pytest.mark.parametrize("unlike", ["", RELEASED])
def test_the_papers_data_at_its_settings_are_compared(unlike: str) -> None:
    table = tables8_10.make(_frame(datasets=["dsprites"], unlike_paper=unlike))
    line = _line(table, metric="mse", row="task2", column="task 1")
    assert line["comparable"]
    assert line["difference"] == pytest.approx(line["mean"] - 256.64)


def test_a_table_of_fewer_tasks_has_columns_for_those_only() -> None:
    table = tables8_10.make(_frame(tasks=2))
    assert list(table["column"].unique()) == ["task 1", "task 2", "total"]
    assert set(table["row"]) == {"task1", "task2", "multi_head", "one_head"}


def test_datasets_come_in_the_papers_order() -> None:
    table = tables8_10.make(
        _frame(datasets=["shapes3d_rendered", "mpi3d_rendered", "dsprites_rendered"], tasks=2)
    )
    assert list(table["dataset"].unique()) == [
        "dsprites_rendered",
        "shapes3d_rendered",
        "mpi3d_rendered",
    ]


def test_the_best_of_a_column_is_the_lowest_error_and_the_highest_fit() -> None:
    table = tables8_10.make(_frame())
    assert set(table.loc[table["best"], "row"]) == {"multi_head"}
    assert table["best"].sum() == 2 * 11


# From reference.md, section 4.4: the mean over the printed single-task errors on the trained task;
# tasks that gained.
TRAINED = {
    "dsprites_rendered": (82.1, 10),
    "shapes3d_rendered": (19.3, 0),
    "mpi3d_rendered": (142.1, 10),
}


@pytest.mark.parametrize("dataset", TRAINED)
def test_trained_tasks_beside_what_follows_from_the_printed_numbers(dataset: str) -> None:
    table = trained_task.make(_frame(datasets=[dataset]))
    mean, gained = TRAINED[dataset]
    single = _line(table, metric="mse", row="single_task", column="total")
    assert single["published_mean"] == pytest.approx(mean, abs=0.06)
    gains = table.query("metric == 'mse' and row == 'multi_minus_single' and column != 'total'")
    assert (gains["published_mean"] < 0).sum() == gained
    assert len(gains) == 10


def test_the_difference_line_is_the_mean_of_paired_differences() -> None:
    frame = _frame(seeds=(0, 1, 2), tasks=3)
    own = frame["kind"].eq("multi_head") | frame["trained_task"].eq(2).fillna(False)
    losses = frame[own & frame["metric"].eq("mse") & frame["key"].eq("test") & frame["task"].eq(2)]
    values = losses.pivot(index="seed", columns="kind", values="value")
    gaps = values["multi_head"] - values["single_task"]
    line = _line(trained_task.make(frame), metric="mse", row="multi_minus_single", column="task 2")
    assert (line["mean"], line["sd"]) == (pytest.approx(gaps.mean()), pytest.approx(gaps.std()))
    assert line["n"] == 3


def test_table_6_has_auto_encoders_in_the_papers_order() -> None:
    table = table6.make(_frame())
    assert list(table["row"].unique()) == ["autoencoder", "vae", "factor_vae"]
    line = _line(table, row="factor_vae", key="disentanglement")
    assert (line["published_mean"], line["published_table"]) == (0.356, "6e")
    assert table.groupby("key")["best"].sum().eq(1).all()


def _printed(frame: pd.DataFrame) -> pd.DataFrame:
    """The frame with what differs from the paper's text: nothing, or all of the released code."""
    released = frame["spec.initialisation"].eq("released")
    texts = {"random": "initialisation=released"}
    every = (
        "learning_rate=0.0001, initialisation=released, head_layers=300 300 300 300,"
        " head_activation=tanh"
    )
    own = frame["kind"].map(texts).fillna(every)
    return frame.assign(unlike_paper=own.where(released, ""))


def test_settings_has_a_column_per_variant_the_papers_first() -> None:
    table = settings.make(
        _printed(_frame(settings=("released", "paper"), kinds=("random", "multi_head")))
    )
    assert list(table["column"].unique()) == ["paper", "released"]
    line = _line(table, column="released", row="multi_head", key="discrete_mig")
    paper = _line(table, column="paper", row="multi_head", key="discrete_mig")
    assert line["change"] == pytest.approx(line["mean"] - paper["mean"])
    assert line["change_n"] == 2
    assert line["published_mean"] == 0.04
    assert table.loc[table["column"] == "paper", "change"].isna().all()


def test_settings_compares_fits_on_the_tasks_that_were_learned() -> None:
    frame = _frame(settings=("paper", "released"), kinds=("single_task",), tasks=3, seeds=(0,))
    own = frame[
        frame["metric"].eq("r2") & frame["key"].eq("test") & frame["trained_task"].eq(frame["task"])
    ]
    means = own.groupby("spec.initialisation")["value"].mean()
    fits = settings.make(_printed(frame)).query("metric == 'r2'").set_index("column")["mean"]
    assert fits["paper"] == pytest.approx(means["pytorch"])
    assert fits["released"] == pytest.approx(means["released"])


def test_without_the_papers_settings_changes_are_from_the_variant_nearest_to_them() -> None:
    """As in a small study, whose defaults have smaller heads than the paper's."""
    frame = _frame(settings=("released", "paper"), kinds=("multi_head",))
    frame["spec.head_layers"] = frame["spec.head_layers"].replace("300 300 300", "64 64")
    table = settings.make(frame)
    assert ["head_layers=64 64" in name for name in table["column"].unique()] == [True, False]
    near, far = (_line(table, column=name, key="SAP_score") for name in table["column"].unique())
    assert pd.isna(near["change"])
    assert far["change"] == pytest.approx(far["mean"] - near["mean"])
