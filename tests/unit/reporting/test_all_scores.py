"""The table of every score: what it shows beside the paper's six, and in which order."""

import pandas as pd
import pytest
from helpers.long_table import make_long_table

from mtdis.reporting.tables import all_scores

OTHERS = [
    ("irs", "IRS"),
    ("beta_vae", "eval_accuracy"),
    ("beta_vae", "train_accuracy"),
    ("unsupervised", "mutual_info_score"),
    ("mig_paper", "discrete_mig"),
]


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    frame = make_long_table(kinds=("single_task", "multi_head", "random"))
    one = frame[frame["key"] == "eval_accuracy"]
    other = [
        one.assign(metric=m, key=k, settings=m, value=one["value"] + 0.1 * i)
        for i, (m, k) in enumerate(OTHERS)
    ]
    return all_scores.make(pd.concat([*other, frame]))


def test_the_papers_scores_come_first_then_the_others(table: pd.DataFrame) -> None:
    keys = list(dict.fromkeys(zip(table["metric"], table["key"], strict=True)))
    assert keys[0] == ("mig", "discrete_mig")
    assert keys[6:] == [
        ("beta_vae", "eval_accuracy"),
        ("irs", "IRS"),
        ("unsupervised", "mutual_info_score"),
    ]


def test_published_values_stand_beside_the_papers_scores_only(table: pd.DataFrame) -> None:
    printed = table[table["published_mean"].notna()]
    assert set(printed["metric"]) == {"mig", "factor_vae", "sap", "dci"}
    assert (
        printed.query("row == 'multi_head' and key == 'discrete_mig'")["published_mean"].item()
        == 0.04
    )


def test_means_are_those_of_the_scores_and_rows_those_of_table_5(table: pd.DataFrame) -> None:
    lines = table.set_index(["metric", "key", "row"])["mean"]
    for row in ("random", "single_mean", "single_max", "multi_head"):
        lower, higher = (
            lines["factor_vae", "eval_accuracy", row],
            lines["beta_vae", "eval_accuracy", row],
        )
        assert higher == pytest.approx(lower + 0.1)
    assert list(table.loc[table["metric"] == "irs", "row"]) == [
        *["random", "single_mean", "single_max", "single_min", "multi_head"]
    ]


def test_where_less_is_better_no_task_is_called_the_best(table: pd.DataFrame) -> None:
    assert list(table.loc[table["metric"] == "unsupervised", "row"]) == [
        "random",
        "single_mean",
        "multi_head",
    ]
