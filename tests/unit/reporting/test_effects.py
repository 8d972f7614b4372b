"""`tables: [effects]`: differences along a swept field, paired by seed."""

import numpy as np
import pandas as pd
import pytest
from helpers.long_table import make_long_table

from mtdis.reporting.tables import effects

MIG = ("discrete_mig",)


def _scores(frame: pd.DataFrame, rate: float, kind: str = "multi_head") -> "pd.Series[float]":
    own = frame[frame["kind"].eq(kind) & frame["spec.learning_rate"].eq(rate)]
    return own.set_index("seed")["value"]


def test_an_effect_is_the_mean_difference_over_seeds_that_both_values_have() -> None:
    frame = make_long_table(
        kinds=("multi_head",), learning_rates=(0.1, 0.01, 0.001), seeds=(1, 2, 3), keys=MIG
    )
    lost = frame["seed"].eq(2) & frame["spec.learning_rate"].eq(0.1)
    frame.loc[lost, ["diverged", "value"]] = [True, np.nan]
    table = effects.make(frame).set_index("row")
    assert list(table.index) == [
        "multi-head, learning rate: 0.001 → 0.01",
        "multi-head, learning rate: 0.001 → 0.1",
    ]
    changes = _scores(frame, 0.01) - _scores(frame, 0.001)
    line = table.loc["multi-head, learning rate: 0.001 → 0.01"]
    assert (line["mean"], line["sd"]) == pytest.approx((changes.mean(), changes.std()))
    # of three pairs the interval ends at the outermost differences: the test rejects beyond them
    assert (line["low"], line["high"]) == pytest.approx((changes.min(), changes.max()))
    assert line["level"] == 0.75
    other = table.loc["multi-head, learning rate: 0.001 → 0.1"]
    assert (other["n"], other["diverged"]) == (2, 1)
    assert other["text"].endswith("n = 2, 1 diverged")


def test_other_swept_fields_are_held() -> None:
    frame = make_long_table(
        kinds=("multi_head",), learning_rates=(0.01, 0.001), tasks=(1, 4), keys=MIG
    )
    assert set(effects.make(frame)["row"]) == {
        "multi-head, learning rate: 0.001 → 0.01 (number of tasks = 1)",
        "multi-head, learning rate: 0.001 → 0.01 (number of tasks = 4)",
        "multi-head, number of tasks: 1 → 4 (learning rate = 0.001)",
        "multi-head, number of tasks: 1 → 4 (learning rate = 0.01)",
    }


def test_without_a_sweep_there_is_no_effect() -> None:
    assert effects.make(make_long_table(keys=MIG)).empty
