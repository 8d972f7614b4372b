"""Variance components: those of the analysis of variance by statsmodels, and what is not told
apart.
"""

import json

import numpy as np
import pandas as pd
import pytest
from helpers.places import REFERENCES

from mtdis.randomness import generator
from mtdis.reporting.statistics.variance import components

OUTSIDE = json.loads((REFERENCES / "statistics.json").read_text())
SEEDS = ("model seed", "task seed", "metric seed")


def _found(frame: pd.DataFrame, *factors: str) -> dict[str, float]:
    table = components(frame, factors)
    return dict(zip(table["component"], table["variance"], strict=True))


def test_crossed_as_the_mean_squares_of_statsmodels() -> None:
    outside = OUTSIDE["statsmodels.anova_lm crossed"]
    frame, ms = pd.DataFrame(outside["values"]), outside["mean_squares"]
    a, b, c = 5, 4, 3  # levels of model, task, metric
    rest = ms["model:task:metric"]
    expected = {
        "metric × model × task": rest,
        "model × task": (ms["model:task"] - rest) / c,
        "metric × model": (ms["model:metric"] - rest) / b,
        "metric × task": (ms["task:metric"] - rest) / a,
        "model": (ms["model"] - ms["model:task"] - ms["model:metric"] + rest) / (b * c),
        "task": (ms["task"] - ms["model:task"] - ms["task:metric"] + rest) / (a * c),
        "metric": (ms["metric"] - ms["model:metric"] - ms["task:metric"] + rest) / (a * b),
    }
    assert _found(frame, "model", "task", "metric") == pytest.approx(expected, abs=1e-12)


def test_nested_as_the_mean_squares_of_statsmodels() -> None:
    outside = OUTSIDE["statsmodels.anova_lm nested"]
    frame, ms = pd.DataFrame(outside["values"]), outside["mean_squares"]
    expected = {
        "model": (ms["C(model)"] - ms["Residual"]) / 12,
        "metric": ms["Residual"],
    }
    found = components(frame, ("model", "metric"))
    assert _found(frame, "model", "metric") == pytest.approx(expected, abs=1e-12)
    assert found["share"].sum() == pytest.approx(1)


def test_a_missing_level_is_said() -> None:
    frame = pd.DataFrame({"model seed": [1, 2, 3], "task seed": 5, "metric seed": 0})
    table = components(frame.assign(value=[0.1, 0.4, 0.1]), SEEDS).set_index("component")
    assert table.loc["model seed", "variance"] == pytest.approx(np.var([0.1, 0.4, 0.1], ddof=1))
    assert table.loc["task seed", "note"] == "one task seed: its variance is unknown"
    assert table.loc[["task seed", "metric seed"], "variance"].isna().all()


def test_seeds_that_change_together_have_one_variance() -> None:
    frame = pd.DataFrame({"model seed": [1, 2, 3], "task seed": [4, 5, 6]})
    table = components(frame.assign(value=[0.1, 0.4, 0.1]), SEEDS[:2])
    assert table["component"].tolist() == ["model seed + task seed"]
    assert table["note"].tolist() == ["not told apart: model seed, task seed"]
    assert table["variance"].tolist() == pytest.approx([0.03])


def test_one_value_has_no_component() -> None:
    table = components(pd.DataFrame({"model seed": [1], "value": [0.3]}), SEEDS[:1])
    assert table["variance"].isna().all()
    assert table["share"].isna().all()


def test_what_was_put_in_is_found_in_an_unbalanced_table() -> None:
    rng, found = generator(0, "tests"), []
    for _ in range(200):
        model, task = rng.normal(0, 2, 8), rng.normal(0, 1, 8)
        rows = [(m, t, model[m] + task[t]) for m in range(8) for t in range(8) if (m + t) % 3]
        frame = pd.DataFrame(rows, columns=["model seed", "task seed", "value"])
        found.append(_found(frame, "model seed", "task seed"))
    means = pd.DataFrame(found).mean()
    assert means["model seed"] == pytest.approx(4, rel=0.15)
    assert means["task seed"] == pytest.approx(1, rel=0.15)
    assert means["model seed × task seed"] == pytest.approx(0, abs=0.05)
