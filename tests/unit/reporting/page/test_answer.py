"""The answer's sentences say what the lines of the claims table say."""

import pandas as pd
import pytest
from helpers.long_table import make_long_table

from mtdis.reporting.claims.verdicts import FAILS, HOLDS
from mtdis.reporting.page.answer import answers, summary, verdict_in_words
from mtdis.reporting.tables import claims


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    kinds = ("single_task", "multi_head")
    return claims.make(make_long_table(kinds=kinds, tasks=2, seeds=(1, 2), keys=("discrete_mig",)))


def test_each_line_is_a_cell_with_effect_interval_n_and_verdict(table: pd.DataFrame) -> None:
    found = answers(table)
    assert [claim.title for claim in found] == list(table["row"].unique())
    for claim, line in zip(found, table.to_dict("records"), strict=True):
        ((score, (cell,)),) = claim.lines
        assert (score, claim.datasets) == ("MIG", ["dSprites (rendered)"])
        assert float(cell.effect.split(",")[0].replace("−", "-")) == pytest.approx(
            line["mean"], abs=0.0006
        )
        assert cell.n == f"n = {line['n']}"
        assert cell.verdict == line["verdict"]
        if pd.notna(line["level"]):
            assert cell.interval.endswith(f"{100 * line['level']:.4g}\u00a0%")
        assert line["text"] in cell.sentence


def test_the_summary_counts_what_speaks_for_the_claim(table: pd.DataFrame) -> None:
    one = table[table["row"].eq(table["row"].iloc[0])]
    both = pd.concat([one, one.assign(mean=-1.0, dataset="cars", verdict="not supported")])
    said = summary(both)
    assert said.startswith(
        "In its favour in 1 of 2 comparisons (score by dataset), differences −1."
    )
    assert "n = 2:" in said
    assert "not supported in 1" in said


def test_where_less_is_better_a_lower_score_speaks_for_the_claim(table: pd.DataFrame) -> None:
    one = table.head(1).assign(metric="mse", key="test", mean=-1.0)
    assert summary(one).startswith("In its favour in 1 of 1 comparison ")


def test_no_value_is_no_effect(table: pd.DataFrame) -> None:
    lost = table.head(1).assign(mean=float("nan"), n=0, verdict="no value", diverged=3)
    (claim,) = answers(lost)
    ((_, (cell,)),) = claim.lines
    assert (cell.effect, cell.interval, cell.n) == ("no value", "", "n = 0, 3 diverged")
    assert claim.summary == "No value to judge it by: no value in all."


def test_of_one_pair_there_is_no_interval(table: pd.DataFrame) -> None:
    (claim,) = answers(table.head(1).assign(n=1, level=float("nan")))
    ((_, (cell,)),) = claim.lines
    assert (cell.interval, cell.n) == ("no interval: one value", "n = 1")


def test_the_sentence_above_all_says_that_nothing_is_supported(table: pd.DataFrame) -> None:
    said = verdict_in_words(answers(table.assign(verdict="n too small")))
    assert said.startswith("No claim is supported. Of ")
    assert verdict_in_words([]) == ""
    supported = answers(table.head(1).assign(verdict="supported"))
    assert verdict_in_words(supported) == "Of 1 tested comparison: 1 supported."


def test_a_rule_of_thumb_that_holds_is_no_support(table: pd.DataFrame) -> None:
    lines = table.iloc[[0, 0, 0]].assign(
        verdict=[HOLDS, FAILS, "n too small"], dataset=["cars", "birds", "cats"]
    )
    assert verdict_in_words(answers(lines)) == (
        "No claim is supported. Of 1 tested comparison: 1 undecided, for n is too small or there is"
        " no value. Described, not tested: a difference beyond one sd in 1 of 2 comparisons."
    )
