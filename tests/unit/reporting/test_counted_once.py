"""Scores of mapped codes that are the same by two settings of a metric are one test of a claim; by
which settings they are the same is computed, not assumed.
"""

import numpy as np
import pandas as pd
import pytest
from helpers.calibration import calibrated
from helpers.long_table import make_long_table

from mtdis.metrics import factor_table
from mtdis.reporting.claims.families import counted_once
from mtdis.reporting.tables import claims
from mtdis.scoring.calibration import calibrate, stream
from mtdis.specs.calibration import Calibration
from mtdis.specs.claim import Claim
from mtdis.specs.metrics.factor_vae import FactorVae

NUMBERS = ["n", "mean", "p", "adjusted_p", "holm_p", "family", "smallest_p", "needed", "aligned_p"]
MAPPED = ("standardised", "whitened", "oriented", "rotated_standardised", "rotated_whitened")
OTHER = "factor_vae+scaling=standardised"
ASKED = {
    "mapped": Claim(test="higher", than="random", transform="standardised"),
    "chance": Claim(test="above_chance"),
}


@pytest.mark.parametrize("seed", range(3))
def test_on_codes_of_unit_variance_both_settings_of_the_threshold_score_the_same(seed: int) -> None:
    rng = np.random.default_rng(seed)
    factors = rng.integers(0, 4, (200, 3))
    codes = np.hstack([factors, rng.normal(size=(200, 2))]) * 10 ** rng.uniform(-4, 1, 5)
    found = [
        calibrate(
            FactorVae(num_train=60, num_eval=40, num_variance_estimate=300, scaling=scaling),
            codes.astype(np.float32),
            factor_table(factors),
            Calibration(rotations=3, permutations=0),
            stream(seed, "run", "network"),
        ).values["eval_accuracy"]
        for scaling in ("raw", "standardised")
    ]
    assert [found[0][name] for name in MAPPED] == [found[1][name] for name in MAPPED]
    assert found[0]["none"] != found[1]["none"]


def asked(other: float | None) -> pd.DataFrame:
    """Claims on MIG and FactorVAE; with a second setting of FactorVAE whose mapped scores are those
    of the first and so much more, unless None.
    """
    frame = make_long_table(
        kinds=("random", "multi_head"), seeds=range(5), keys=("discrete_mig", "eval_accuracy")
    )
    frame, nulls = calibrated(frame, aligned=("multi_head",))
    if other is not None:
        frame, nulls = (pd.concat([part, _again(part, other)]) for part in (frame, nulls))
    return claims.make(frame, ASKED, nulls)


def _again(part: pd.DataFrame, more: float) -> pd.DataFrame:
    """The rows of FactorVAE by other settings: of codes as they are another score."""
    rows = part[part["metric"].eq("factor_vae")].assign(settings=OTHER)
    plain = rows["transform"].eq("none") & rows["draw"].eq(0)
    wobble = more * np.random.default_rng(0).normal(size=len(rows))
    return rows.assign(value=rows["value"] + np.where(plain, 0.01, wobble))


def numbers(table: pd.DataFrame, **of: str) -> pd.DataFrame:
    for column, value in of.items():
        table = table[table[column].eq(value)]
    return table[["claim", *NUMBERS]].reset_index(drop=True)


def test_equal_settings_change_no_number_and_have_a_line_each() -> None:
    one, both = asked(None), asked(0.0)
    for metric in ("mig", "factor_vae"):
        expected = numbers(one, metric=metric)
        assert len(expected) == len(ASKED)
        settings = both.loc[both["metric"].eq(metric), "settings"].unique()
        assert len(settings) == (2 if metric == "factor_vae" else 1)
        for each in settings:
            found = numbers(both, metric=metric, settings=each)
            pd.testing.assert_frame_equal(found, expected)


def test_settings_that_score_otherwise_are_counted_apart() -> None:
    assert set(asked(None)["family"]) == {2}
    assert set(asked(1e-6)["family"]) == {3}


def test_scores_of_codes_as_they_are_stay_apart_though_they_are_equal() -> None:
    frame = make_long_table(kinds=("random", "multi_head"), seeds=range(5), keys=("eval_accuracy",))
    twice = pd.concat([frame, frame.assign(settings=OTHER)])
    assert set(claims.make(twice, {"own": Claim(test="higher", than="random")})["family"]) == {2}


def test_only_cells_of_one_score_with_some_value_are_the_same() -> None:
    values, lost = np.arange(3.0), np.full(3, np.nan)
    cells = {
        ("a", "m", "k", "m"): values,
        ("a", "m", "k", "m+x=1"): values.copy(),
        ("b", "m", "k", "m"): values,
        ("a", "m", "l", "m"): values,
        ("a", "n", "k", "n"): lost,
        ("a", "n", "k", "n+x=1"): lost,
    }
    firsts = counted_once(cells)
    assert {cell: first for cell, first in firsts.items() if cell != first} == {
        ("a", "m", "k", "m+x=1"): ("a", "m", "k", "m")
    }
