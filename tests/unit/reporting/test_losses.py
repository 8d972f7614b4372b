"""Errors on tasks by hand: totals, own tasks, paired differences, and networks that diverged."""

import math

import pandas as pd
import pytest
from helpers.long_table import make_long_table, with_losses, with_stages

from mtdis.reporting.summaries.losses import (
    KEPT,
    TOTAL,
    differences,
    kind_points,
    loss_points,
    loss_rows,
    losses_on_test,
    own_task_points,
)

# Two tasks, seed 0 and 1: (kind, network): losses of task 1 and 2 with seed 0, then with seed 1.
MSE = {
    ("single_task", "task1"): (10, 200, 12, 220),
    ("single_task", "task2"): (100, 30, 104, 34),
    ("multi_head", "shared"): (8, 24, 11, 33),
    ("one_head", "shared"): (16, 40, 16, 40),
}


def _frame(**options) -> pd.DataFrame:
    frame = with_losses(make_long_table(tasks=2, **options))
    names = zip(*(frame[c] for c in ("kind", "network", "metric", "task", "seed")), strict=True)
    values = [
        MSE[kind, network][int(task) - 1 + 2 * seed] if metric == "mse" else value
        for (kind, network, metric, task, seed), value in zip(names, frame["value"], strict=True)
    ]
    return frame.assign(value=values)


def _mse(points: pd.DataFrame) -> pd.DataFrame:
    return points[points["metric"] == "mse"]


def _value(rows: pd.DataFrame, row: str, column: str) -> pd.Series:
    chosen = _mse(rows)[_mse(rows)["row"].eq(row) & _mse(rows)["column"].eq(column)]
    assert len(chosen) == 1
    return chosen.iloc[0]


def test_only_losses_of_runs_on_the_test_split() -> None:
    losses = losses_on_test(with_stages(_frame()))
    assert list(losses.columns) == KEPT
    assert set(losses["key"]) == {"test"}
    assert set(losses["metric"]) == {"mse", "r2"}
    assert len(losses) == 2 * 2 * 2 * 4  # metrics, tasks, seeds, networks


def test_every_network_on_every_task_and_their_mean() -> None:
    rows = loss_rows(loss_points(losses_on_test(_frame())))
    off = _value(rows, "task1", "task 2")
    assert (off["mean"], off["n"]) == (210, 2)
    assert off["sd"] == pytest.approx(20 / math.sqrt(2))
    total = _value(rows, "task1", TOTAL)
    assert total["mean"] == pytest.approx(((10 + 200) / 2 + (12 + 220) / 2) / 2)
    assert list(_mse(rows)["row"].unique()) == ["task1", "task2", "multi_head", "one_head"]
    assert list(rows["column"].unique()) == ["task 1", "task 2", TOTAL]


def test_ten_tasks_come_in_the_order_of_their_numbers() -> None:
    frame = with_losses(make_long_table(tasks=11, seeds=(0,)))
    rows = loss_rows(loss_points(losses_on_test(frame)))
    assert list(rows["column"].unique()) == [*(f"task {t}" for t in range(1, 12)), TOTAL]
    assert list(rows["row"].unique())[:11] == [f"task{t}" for t in range(1, 12)]


def test_single_tasks_count_on_the_task_that_they_learned() -> None:
    rows = loss_rows(own_task_points(losses_on_test(_frame())))
    assert _value(rows, "single_task", "task 1")["mean"] == 11
    assert _value(rows, "single_task", "task 2")["mean"] == 32
    assert _value(rows, "single_task", TOTAL)["mean"] == pytest.approx((20 + 23) / 2)
    assert _value(rows, "multi_head", TOTAL)["mean"] == pytest.approx((16 + 22) / 2)


def test_differences_are_paired_by_seed() -> None:
    rows = loss_rows(differences(own_task_points(losses_on_test(_frame()))))
    first = _value(rows, "multi_minus_single", "task 1")  # 8 - 10 and 11 - 12
    assert (first["mean"], first["n"]) == (-1.5, 2)
    assert first["sd"] == pytest.approx(math.sqrt(0.5))
    assert _value(rows, "multi_minus_single", TOTAL)["mean"] == pytest.approx(
        (16 - 20 + 22 - 23) / 2
    )
    assert _value(rows, "one_minus_single", "task 2")["mean"] == pytest.approx(
        (40 - 30 + 40 - 34) / 2
    )


def test_a_seed_without_partner_is_no_pair() -> None:
    frame = _frame()
    frame = frame[~(frame["kind"].eq("single_task") & frame["seed"].eq(1))]
    first = _value(
        loss_rows(differences(own_task_points(losses_on_test(frame)))),
        "multi_minus_single",
        "task 1",
    )
    assert (first["mean"], first["n"], first["diverged"]) == (-2, 1, 0)


def test_the_papers_single_task_bar_is_over_all_networks_and_tasks() -> None:
    rows = loss_rows(kind_points(losses_on_test(_frame())))
    seeds = (10 + 200 + 100 + 30) / 4, (12 + 220 + 104 + 34) / 4
    assert _value(rows, "single_mean", TOTAL)["mean"] == pytest.approx(sum(seeds) / 2)
    assert set(rows["row"]) == {"single_mean", "multi_head", "one_head"}


def test_a_diverged_network_has_no_losses_and_is_counted() -> None:
    losses = losses_on_test(_frame(diverged=[("single_task", "task2", 1)]))
    lost = losses[losses["diverged"]]
    assert len(lost) == 2 * 2  # metrics, tasks
    assert lost["value"].isna().all()
    assert set(lost["unlike_paper"]) == {"epochs=12"}
    rows = loss_rows(own_task_points(losses))
    second = _value(rows, "single_task", "task 2")
    assert (second["mean"], second["n"], second["diverged"]) == (30, 1, 1)


def test_a_total_that_lacks_a_task_is_none() -> None:
    """The rest would be a mean over tasks of another scale."""
    losses = losses_on_test(_frame(diverged=[("single_task", "task2", 1)]))
    own = _value(loss_rows(own_task_points(losses)), "single_task", TOTAL)
    assert (own["mean"], own["n"], own["diverged"]) == (20, 1, 1)
    bar = _value(loss_rows(kind_points(losses)), "single_mean", TOTAL)
    assert (bar["mean"], bar["n"], bar["diverged"]) == (85, 1, 1)
    pair = _value(loss_rows(differences(own_task_points(losses))), "multi_minus_single", TOTAL)
    assert (pair["mean"], pair["n"], pair["diverged"]) == (-4, 1, 1)


def test_runs_of_several_settings_are_not_averaged() -> None:
    frame = with_losses(make_long_table(learning_rates=(0.1, 0.01)))
    with pytest.raises(ValueError, match="several runs"):
        loss_points(losses_on_test(frame))
