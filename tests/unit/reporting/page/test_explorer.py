"""The explorer's rows hold every score of every run, under dimensions that vary."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from helpers.long_table import make_long_table
from helpers.page import frame

from mtdis.reporting.page.explorer import Explorer, explorer


def rows_of(found: Explorer | None) -> list[dict[str, Any]]:
    """The rows with their dimensions' words and scores by name."""
    assert found is not None
    width = len(found.dimensions)
    return [
        {
            **{
                d.name: None if row[place] is None else d.values[row[place]]
                for place, d in enumerate(found.dimensions)
            },
            **{s.label: row[width + place] for place, s in enumerate(found.scores)},
            "state": state,
        }
        for row, state in zip(found.rows, found.states, strict=True)
    ]


def test_every_score_of_every_network_is_there() -> None:
    long = make_long_table(kinds=("single_task", "multi_head"), tasks=2)
    rows = rows_of(explorer(long))
    assert len(rows) == 2 * 3
    for row in rows:
        kind = {"single-task": "single_task", "multi-head": "multi_head"}[row["kind"]]
        own = long[long["kind"].eq(kind) & long["seed"].eq(int(row["seed"]))]
        own = own[own["network"].eq(row["network"]) & own["key"].eq("discrete_mig")]
        assert row["MIG"] == pytest.approx(own["value"].item(), rel=1e-4)


def test_dimensions_are_what_varies() -> None:
    plain = explorer(make_long_table(kinds=("multi_head",)))
    assert [d.name for d in plain.dimensions] == ["seed"]
    swept = explorer(make_long_table(kinds=("multi_head",), learning_rates=(0.001, 0.0001)))
    assert [d.name for d in swept.dimensions] == ["spec.learning_rate", "seed"]
    assert swept.dimensions[0].values == ["0.0001", "0.001"]
    assert swept.dimensions[0].ordered


def test_a_field_that_a_kind_does_not_read_has_no_value() -> None:
    rates = (0.001, 0.0001)
    rows = rows_of(explorer(make_long_table(kinds=("random", "multi_head"), learning_rates=rates)))
    assert {row["spec.learning_rate"] for row in rows if row["kind"] == "random"} == {None}


def test_a_field_that_a_user_added_is_a_dimension() -> None:
    long = make_long_table(kinds=("multi_head",))
    long["spec.my_field"] = np.where(long["seed"].eq(0), "<b>odd</b>", "even")
    assert "spec.my_field" in [d.name for d in explorer(long).dimensions]


def test_diverged_and_failed_networks_have_no_value_and_say_so() -> None:
    lost = {"diverged": [("multi_head", "shared", 0)], "failed": [("random", "mig")]}
    rows = rows_of(explorer(make_long_table(kinds=("random", "multi_head"), **lost)))
    (diverged,) = [r for r in rows if r["kind"] == "multi-head" and r["seed"] == "0"]
    assert (diverged["state"], diverged["MIG"], diverged["FactorVAE score"]) == (
        "diverged",
        None,
        None,
    )
    failed = [r for r in rows if r["kind"] == "random"]
    assert {(r["state"], r["MIG"]) for r in failed} == {("failed", None)}
    assert all(r["FactorVAE score"] is not None for r in failed)


def test_null_and_ceiling_stand_beside_calibrated_scores() -> None:
    found = explorer(frame())
    width = len(found.dimensions)
    calibrated = [score for score in found.scores if score.bands]
    assert {score.label for score in calibrated} == {"MIG", "FactorVAE score"}
    for score in calibrated:
        for row in found.rows:
            low, high = (row[width + score.bands[end]] for end in ("low", "high"))
            assert low <= high
    assert not [s for s in explorer(make_long_table()).scores if s.bands]


def test_losses_are_columns_too() -> None:
    labels = [score.label for score in explorer(frame()).scores]
    assert "R² on the test split" in labels


def test_of_too_many_rows_whole_runs_are_drawn_and_it_is_said() -> None:
    long = make_long_table(kinds=("single_task", "multi_head"), tasks=2, seeds=range(10))
    first = [long.loc[long["kind"].eq("single_task"), "run"].iloc[-1]]
    found = explorer(long, first, most=10)
    assert len(found.rows) <= 10
    assert first[0] in found.runs
    counts = pd.Series(found.runs).value_counts()
    assert all(counts[run] == (2 if run.startswith("single") else 1) for run in counts.index)
    assert f"{counts.size} of 20 runs" in found.drawn
    assert explorer(long).drawn == ""


def test_a_study_without_runs_has_none() -> None:
    assert explorer(make_long_table().head(0)) is None


def test_runs_of_several_experiments_name_them_in_the_order_of_the_config() -> None:
    long = make_long_table(kinds=("multi_head",))
    long["experiment"] = np.where(long["seed"].eq(1), "zeta;alpha", "alpha")
    found = explorer(long.sort_values("seed", ascending=False))
    assert found.experiments == ["zeta", "alpha"]
    assert sorted(found.wanted) == [[0, 1], [1]]
