"""Table 1 on heads whose errors are known, and its figure beside networks trained end to end."""

from typing import Any

import pandas as pd
import pytest
from helpers.long_table import make_long_table, with_losses

from mtdis.artifacts.stages import StageResult
from mtdis.reporting.figures import frozen_codes
from mtdis.reporting.formats.cells import blocks
from mtdis.reporting.formats.markdown import markdown
from mtdis.reporting.summaries.heads_on_codes import heads_frame
from mtdis.reporting.tables import table1
from mtdis.specs.ids import identify
from mtdis.specs.stage import Stage


def heads(
    kind: str,
    errors: dict[int, tuple[float, ...] | None],
    run: dict[str, Any] | None = None,
    **own: Any,
):
    """A result per seed with these test errors of tasks of variance 100; None: diverged."""
    parent = {"kind": kind, "dataset": "dsprites_rendered", "seed": 1} | (run or {})
    return [_result(parent, {"seed": seed} | own, values) for seed, values in errors.items()]


def _result(
    parent: dict[str, Any], own: dict[str, Any], values: tuple[float, ...] | None
) -> StageResult:
    stage = Stage.from_fields(
        {"stage": "heads", "parent": parent, "network": parent["kind"], **own}
    )
    rows = [
        {"metric": metric, "key": part, "task": task, "value": value}
        for part, factor in (("train", 0.1), ("validation", 1.1), ("test", 1.0))
        for task, mse in enumerate(values or (), start=1)
        for metric, value in (
            ("mse", factor * mse),
            ("r2", 1 - mse / 100),
            ("target_variance", 100.0),
        )
    ]
    return StageResult(identify(stage), stage.resolved(), rows, {}, values is None)


def _line(table: pd.DataFrame, **names: object) -> pd.Series:
    chosen = table
    for column, value in names.items():
        chosen = chosen[chosen[column] == value]
    assert len(chosen) == 1
    return chosen.iloc[0]


def _made(*results: list[StageResult]) -> pd.DataFrame:
    return table1.make(pd.DataFrame(), [result for each in results for result in each])


def test_mean_and_spread_are_over_seeds_of_means_over_tasks() -> None:
    table = _made(heads("vae", {1: (10.0, 30.0), 2: (20.0, 24.0), 3: (20.0, 28.0)}))
    mse, r2 = (_line(table, metric=metric) for metric in ("mse", "r2"))
    assert (mse["mean"], mse["sd"], mse["n"]) == (pytest.approx(22), pytest.approx(2), 3)
    assert (r2["mean"], r2["sd"]) == (pytest.approx(0.78), pytest.approx(0.02))
    assert mse["sd_ddof0"] == pytest.approx((8 / 3) ** 0.5)


def test_what_diverged_is_counted_and_not_averaged() -> None:
    table = _made(heads("vae", {1: (10.0,), 2: None, 3: (12.0,)}), heads("autoencoder", {1: None}))
    line, lost = (_line(table, metric="mse", row=row) for row in ("vae", "autoencoder"))
    assert (line["mean"], line["n"], line["diverged"]) == (11, 2, 1)
    assert (lost["n"], lost["diverged"]) == (0, 1)
    assert "| auto-encoder | 1 diverged" in markdown(table, "Heads.")


def test_the_best_is_bold_and_the_best_autoencoder_underlined() -> None:
    results = [
        heads("autoencoder", {1: (30.0,)}),
        heads("vae", {1: (20.0,)}),
        heads("ground_truth", {1: (5.0,)}),
    ]
    table = _made(*results)
    for metric in ("mse", "r2"):
        lines = table[table["metric"] == metric]
        assert list(lines.loc[lines["best"], "row"]) == ["ground_truth"]
        assert list(lines.loc[lines["best_autoencoder"], "row"]) == ["vae"]
    text = markdown(table, "Heads.")
    assert "**5.00 (1)" in text
    assert "<ins>20.00 (1)" in text


def test_true_factors_raw_and_standardised_are_two_rows_of_one_block_in_the_papers_order() -> None:
    scaled = heads("ground_truth", {1: (5.0,)}, run={"scaling": "standardised"})
    table = _made(
        heads("factor_vae", {1: (9.0,)}),
        heads("autoencoder", {1: (9.0,)}),
        scaled,
        heads("ground_truth", {1: (8.0,)}),
    )
    rows = ["ground_truth", "ground_truth_standardised", "autoencoder", "factor_vae"]
    assert list(table.loc[table["metric"] == "mse", "row"]) == rows
    assert len(list(blocks(table))) == 2
    assert list(table.loc[table["metric"] == "mse", "published_mean"]) == [
        150.235,
        150.235,
        80.062,
        91.937,
    ]


def test_on_the_papers_data_at_its_settings_the_difference_is_given() -> None:
    results = [heads("vae", dict.fromkeys((1, 2), (60.0,) * 10))]
    frame = heads_frame(results[0]).assign(dataset="dsprites", replica_of="")
    line = _line(table1.lines_of_variant(frame), metric="mse")
    assert line["comparable"]
    assert line["difference"] == pytest.approx(60 - 63.26)


def test_other_settings_of_the_heads_are_variants_and_make_it_not_comparable() -> None:
    table = _made(
        *(heads("vae", {1: (9.0,), 2: (7.0,)}, head_activation=name) for name in ("relu", "tanh"))
    )
    assert set(table["spec.heads.head_activation"]) == {"relu", "tanh"}
    relu = _line(table, metric="mse", **{"spec.heads.head_activation": "relu"})
    assert (relu["n"], relu["mean"]) == (2, 8)
    assert "unlike the paper: heads.head_activation=relu" in relu["note"]


def test_codes_of_other_seeds_are_not_averaged() -> None:
    table = _made(
        *(heads("vae", {1: (mse,)}, run={"seed": seed}) for seed, mse in ((1, 10.0), (2, 20.0)))
    )
    found = table[table["metric"] == "mse"].set_index("settings")
    assert found["mean"].to_dict() == {"codes of seed 1": 10, "codes of seed 2": 20}


def test_the_figure_sets_networks_trained_end_to_end_beside_and_shows_negative_r2() -> None:
    frame = with_losses(make_long_table(kinds=("multi_head",), tasks=2))
    figure = frozen_codes.draw(frame, heads("vae", {1: (250.0,), 2: (270.0,)}, tasks={"count": 2}))
    words = [text.get_text() for axes in figure.axes for text in axes.get_xticklabels()]
    assert words == ["VAE\nn = 2", "multi-head,\ntrained end\nto end\nn = 2"] * 2
    mse, r2 = figure.axes
    assert mse.get_ylim()[0] == 0
    assert r2.get_ylim()[0] < 1 - 270 / 100


def test_every_panel_below_nought_has_the_line_of_nought() -> None:
    runs = [heads("vae", {1: (250.0,)}, run={"seed": seed}) for seed in (1, 2)]
    figure = frozen_codes.draw(
        make_long_table(kinds=("random",)), [result for each in runs for result in each]
    )
    below = [axes for axes in figure.axes if axes.get_ylim()[0] < 0]
    assert len(below) == 2
    assert all(any(list(line.get_ydata()) == [0, 0] for line in axes.lines) for axes in below)


def test_the_figure_shows_heads_alone_where_no_network_learned_end_to_end() -> None:
    figure = frozen_codes.draw(make_long_table(kinds=("random",)), heads("vae", {1: (25.0,)}))
    words = [text.get_text() for axes in figure.axes for text in axes.get_xticklabels()]
    assert words == ["VAE\nn = 1"] * 2


def test_networks_that_learned_other_tasks_are_not_set_beside() -> None:
    frame = with_losses(make_long_table(kinds=("multi_head",), tasks=3))
    figure = frozen_codes.draw(frame, heads("vae", {1: (25.0, 30.0)}, tasks={"count": 2}))
    assert [text.get_text() for axes in figure.axes for text in axes.get_xticklabels()] == [
        "VAE\nn = 1"
    ] * 2
