"""Means and spreads by hand; variants kept apart.

What diverged or failed counted and never averaged.
"""

import math

import numpy as np
import pandas as pd
import pytest
from helpers.long_table import make_long_table
from hypothesis import given, settings
from hypothesis import strategies as st

from mtdis.reporting.labels import kind_of
from mtdis.reporting.statistics import (
    CELL,
    headline_points,
    headline_rows,
    per_network,
    summarise,
    variant_fields,
    variant_text,
    variants,
)

NAN = math.nan


def _values(*values: float, diverged: tuple[int, ...] = ()) -> pd.DataFrame:
    lost = [place in diverged for place in range(len(values))]
    return pd.DataFrame({"group": "a", "value": values, "diverged": lost})


def _with_mig(values: dict[tuple[str, str, int], float], **options) -> pd.DataFrame:
    """A long table of MIG alone, with these values of (kind, network, seed)."""
    frame = make_long_table(**options)
    frame = frame[frame["metric"] == "mig"].reset_index(drop=True)
    names = zip(frame["kind"], frame["network"], frame["seed"], strict=True)
    return frame.assign(value=[values.get(name, 0.5) for name in names])


def _row(frame: pd.DataFrame, row: str) -> pd.Series:
    rows = headline_rows(frame)
    return rows[rows["row"] == row].iloc[0]


def test_summary_by_hand() -> None:
    # 1, 2, 6: mean 3, squared deviations 4 + 1 + 9 = 14.
    result = summarise(_values(1, 2, 6), ["group"]).iloc[0]
    assert result["mean"] == 3
    assert result["sd"] == pytest.approx(math.sqrt(14 / 2))
    assert result["sd_ddof0"] == pytest.approx(math.sqrt(14 / 3))
    assert (result["n"], result["diverged"], result["failed"]) == (3, 0, 0)


def test_one_value_has_no_spread() -> None:
    result = summarise(_values(0.25), ["group"]).iloc[0]
    assert (result["mean"], result["n"]) == (0.25, 1)
    assert math.isnan(result["sd"])
    assert math.isnan(result["sd_ddof0"])


def test_lost_values_are_counted_and_not_averaged() -> None:
    # A diverged network may have left a number behind; it counts as little as NaN or inf.
    result = summarise(_values(1, 99, 3, NAN, math.inf, NAN, diverged=(1, 5)), ["group"]).iloc[0]
    assert (result["mean"], result["n"], result["diverged"], result["failed"]) == (2, 2, 2, 2)


def test_nothing_left_has_no_mean() -> None:
    result = summarise(_values(NAN, 1, diverged=(1,)), ["group"]).iloc[0]
    assert math.isnan(result["mean"])
    assert (result["n"], result["diverged"], result["failed"]) == (0, 1, 1)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=12), st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_no_bit(values: list[float], random) -> None:
    frame = _values(*values)
    shuffled = list(range(len(frame)))
    random.shuffle(shuffled)
    expected = summarise(frame, ["group"])
    pd.testing.assert_frame_equal(
        summarise(frame.iloc[shuffled], ["group"]), expected, check_exact=True
    )


@settings(max_examples=20, deadline=None)
@given(st.lists(st.floats(-1e3, 1e3), min_size=2, max_size=12), st.floats(-100, 100))
def test_a_shift_moves_the_mean_and_leaves_the_spread(values: list[float], shift: float) -> None:
    before = summarise(_values(*values), ["group"]).iloc[0]
    after = summarise(_values(*(v + shift for v in values)), ["group"]).iloc[0]
    assert after["mean"] == pytest.approx(before["mean"] + shift, abs=1e-6)
    assert after["sd"] == pytest.approx(before["sd"], abs=1e-6)
    assert before["sd"] == pytest.approx(float(np.std(values, ddof=1)), abs=1e-9)
    assert before["sd_ddof0"] == pytest.approx(float(np.std(values)), abs=1e-9)


@settings(max_examples=5, deadline=None)
@given(st.randoms(use_true_random=False))
def test_headline_rows_do_not_depend_on_the_order_of_the_frame(random) -> None:
    frame = make_long_table(tasks=2, diverged=[("single_task", "task2", 1)])
    shuffled = list(range(len(frame)))
    random.shuffle(shuffled)
    shuffled_rows = headline_rows(frame.iloc[shuffled])
    pd.testing.assert_frame_equal(shuffled_rows, headline_rows(frame), check_exact=True)


SINGLE = {
    # seed 0 averages (.1 + .3 + .2)/3 = .2, seed 1 (.2 + .6 + .1)/3 = .3
    ("single_task", "task1", 0): 0.1,
    ("single_task", "task2", 0): 0.3,
    ("single_task", "task3", 0): 0.2,
    ("single_task", "task1", 1): 0.2,
    ("single_task", "task2", 1): 0.6,
    ("single_task", "task3", 1): 0.1,
}


def test_single_mean_is_over_tasks_then_over_seeds() -> None:
    row = _row(_with_mig(SINGLE, tasks=3), "single_mean")
    assert row["mean"] == pytest.approx(0.25)
    assert row["sd"] == pytest.approx(0.1 / math.sqrt(2))
    assert row["sd_ddof0"] == pytest.approx(0.05)
    assert row["n"] == 2
    assert row["task"] is pd.NA


def test_the_spread_over_networks_is_of_all_tasks_and_seeds() -> None:
    frame = _with_mig(SINGLE, tasks=3)
    spread = np.std([0.1, 0.3, 0.2, 0.2, 0.6, 0.1])
    assert _row(frame, "single_mean")["sd_networks"] == pytest.approx(spread)
    rows = headline_rows(frame)
    assert rows.loc[rows["row"] != "single_mean", "sd_networks"].isna().all()


def test_best_and_worst_task_are_chosen_by_their_mean_over_seeds() -> None:
    frame = _with_mig(SINGLE, tasks=3)
    best, worst = _row(frame, "single_max"), _row(frame, "single_min")
    assert (best["task"], best["n"]) == (2, 2)
    assert best["mean"] == pytest.approx(0.45)
    assert best["sd"] == pytest.approx(0.3 / math.sqrt(2))
    # Tasks 1 and 3 both average .15: of equals the lowest number.
    assert worst["task"] == 1
    assert worst["mean"] == pytest.approx(0.15)


def test_a_seed_without_one_of_its_tasks_has_no_mean_over_tasks() -> None:
    frame = _with_mig(SINGLE, tasks=3)
    lost = frame["network"].eq("task2") & frame["seed"].eq(1)
    frame.loc[lost, ["value", "diverged"]] = [NAN, True]
    mean, best = _row(frame, "single_mean"), _row(frame, "single_max")
    # the seed has no mean: one over the tasks that are left would be over other tasks
    assert mean["mean"] == pytest.approx(0.2)
    assert (mean["n"], mean["diverged"]) == (1, 1)
    assert (best["task"], best["n"], best["diverged"]) == (2, 1, 1)
    assert best["mean"] == pytest.approx(0.3)


def test_a_seed_without_any_task_left_has_no_mean() -> None:
    diverged = [("single_task", f"task{t}", 0) for t in (1, 2)]
    frame = make_long_table(tasks=2, diverged=diverged)
    row = _row(frame, "single_mean")
    assert (row["n"], row["diverged"]) == (1, 2)
    points = headline_points(frame).query("row == 'single_mean' and seed == 0")
    assert points["diverged"].all()
    assert points["value"].isna().all()


def test_no_task_left_means_no_best_and_no_worst() -> None:
    frame = make_long_table(seeds=(0,), tasks=1, diverged=[("single_task", "task1", 0)])
    rows = headline_rows(frame)
    assert set(rows["row"]) == {"random", "single_mean", "multi_head", "one_head"}
    assert rows.loc[rows["row"] == "single_mean", "n"].eq(0).all()


def test_other_kinds_are_over_seeds_and_come_last() -> None:
    frame = _with_mig({("multi_head", "shared", 0): 0.2, ("multi_head", "shared", 1): 0.4})
    row = _row(frame, "multi_head")
    assert (row["mean"], row["n"]) == (pytest.approx(0.3), 2)
    later = frame.assign(kind=frame["kind"].replace("random", "autoencoder"))
    assert headline_rows(later)["row"].tolist()[-1] == "autoencoder"


def test_a_failed_metric_is_counted_apart_from_divergence() -> None:
    rows = headline_rows(make_long_table(failed=[("one_head", "sap")]))
    row = rows.query("row == 'one_head' and metric == 'sap'").iloc[0]
    assert (row["n"], row["failed"], row["diverged"]) == (0, 2, 0)


def test_metric_seeds_are_averaged_within_a_network() -> None:
    first = _with_mig({("multi_head", "shared", 0): 0.2}, seeds=(0,))
    both = pd.concat([first, first.assign(metric_seed=1, value=first["value"] + 0.2)])
    row = _row(both, "multi_head")
    assert (row["mean"], row["n"]) == (pytest.approx(0.3), 1)
    both.loc[both["metric_seed"].eq(1), "value"] = NAN
    assert _row(both, "multi_head")[["n", "failed"]].tolist() == [0, 1]


def test_losses_and_transformed_codes_are_no_scores() -> None:
    frame = make_long_table()
    loss = frame.head(3).assign(metric="mse", key="test", task=pd.array([1, 2, 3], dtype="Int64"))
    null = frame.assign(transform="rotation", value=9.0)
    pd.testing.assert_frame_equal(per_network(pd.concat([frame, loss, null])), per_network(frame))


def test_settings_of_a_metric_are_never_averaged() -> None:
    frame = make_long_table()
    both = pd.concat([frame, frame.assign(settings="other", value=frame["value"] + 1)])
    rows = headline_rows(both)
    assert len(rows) == 2 * len(headline_rows(frame))
    assert rows["n"].eq(2).all()


def test_one_variant_is_the_whole_frame() -> None:
    frame = make_long_table(datasets=["a", "b"])
    assert variant_fields(frame) == []
    [(label, part)] = variants(frame)
    assert label == {}
    pd.testing.assert_frame_equal(part, frame)


def test_kinds_that_do_not_read_a_field_are_in_every_variant() -> None:
    frame = make_long_table(learning_rates=(0.01, 0.001))
    assert variant_fields(frame) == ["spec.learning_rate"]
    found = list(variants(frame))
    assert [label for label, _ in found] == [
        {"spec.learning_rate": 0.001},
        {"spec.learning_rate": 0.01},
    ]
    for label, part in found:
        rates = part.loc[part["kind"] != "random", "spec.learning_rate"]
        assert set(rates) == set(label.values())
        assert set(part["kind"]) == {"random", "single_task", "multi_head", "one_head"}
        assert headline_rows(part)["n"].eq(2).all()


def test_mixed_variants_are_not_averaged() -> None:
    with pytest.raises(ValueError, match="variants"):
        headline_rows(make_long_table(learning_rates=(0.01, 0.001)))


def test_fields_read_by_different_kinds_are_joined() -> None:
    frame = make_long_table(
        seeds=(0,), learning_rates=(0.01, 0.001), kinds=("random", "multi_head", "one_head")
    )
    heads = frame["kind"].eq("multi_head")
    more = frame[heads].assign(run=frame["run"] + ",width=2", **{"spec.width": 2.0})
    frame = pd.concat([frame.assign(**{"spec.width": np.where(heads, 1.0, NAN)}), more])
    found = [
        (tuple(label.values()), sorted(part["kind"].unique())) for label, part in variants(frame)
    ]
    kinds = ["multi_head", "one_head", "random"]
    assert found == [((r, w), kinds) for r in (0.001, 0.01) for w in (1.0, 2.0)]


def test_a_missing_value_beside_others_of_its_kind_is_a_value() -> None:
    frame = make_long_table(kinds=("random", "multi_head"), learning_rates=(0.01, 0.001))
    frame["spec.learning_rate"] = frame["spec.learning_rate"].replace(0.01, NAN)
    found = list(variants(frame))
    assert [variant_text(label) for label, _ in found] == [
        "learning_rate=0.001",
        "learning_rate=none",
    ]
    assert all(len(part) == len(frame) / 3 * 2 for _, part in found)


def test_words() -> None:
    assert variant_text({}) == ""
    assert variant_text({"spec.tasks.count": 20.0, "spec.mode": "a"}) == "tasks.count=20, mode=a"
    assert [kind_of(row) for row in ("random", "single_max", "one_head")] == [
        "random",
        "single_task",
        "one_head",
    ]
    assert CELL == ["dataset", "metric", "key", "settings"]
