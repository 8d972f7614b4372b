"""An experiment's claims are checked when the study is planned, and change nothing but what shows
them.
"""

import json
from pathlib import Path
from typing import Any

import pytest
from helpers.long_table import make_long_table

from mtdis.artifacts import files
from mtdis.cli import main
from mtdis.errors import ConfigError
from mtdis.study import Study

FIELDS: dict[str, Any] = {
    "kind": ["random", "single_task", "multi_head"],
    "seed": [1, 2, 3],
    "dataset": "dsprites_rendered",
    "tables": ["claims"],
}
METRICS = {"mig": None, "dci": None, "unsupervised": None}


def study(claims: Any = None, **body: Any) -> Study:
    named = {} if claims is None else {"claims": claims}
    experiment = FIELDS | body | named
    return Study.from_config({"name": "t", "metrics": METRICS, "experiments": {"one": experiment}})


def test_without_any_those_of_the_paper_are_tested() -> None:
    assert study().claims("one") == "{}"


def test_a_papers_claim_takes_fields_and_a_new_one_is_made() -> None:
    own = {"test": "higher", "kind": "single_task", "than": "random", "keys": ["mig.discrete_mig"]}
    made = study({"multi_head_over_random": {"transform": "none"}, "mine": own})
    assert json.loads(made.claims("one")) == {
        "mine": own,
        "multi_head_over_random": {"test": "higher", "than": "random"},
    }


def test_claims_change_no_run_and_no_long_table() -> None:
    plain, named = study(), study({"multi_head_over_random": None})
    assert plain.run_ids("one") == named.run_ids("one")
    assert plain.only("one") == named.only("one")


def test_they_are_handed_to_the_table_and_their_change_makes_it_again() -> None:
    made = study({"multi_head_over_random": None})
    jobs = [("table", {"experiment": "one", "table": "claims"})]
    given = made.notes(jobs)[made.arguments("one", "tables", "claims")].split("\n")
    assert json.loads(given[given.index("--claims") + 1]) == json.loads(made.claims("one"))
    assert made.caption("tables", "claims", "one") != study().caption("tables", "claims", "one")


def test_other_tables_are_told_nothing() -> None:
    made = study({"multi_head_over_random": None}, tables=["claims", "table5"])
    jobs = [("table", {"experiment": "one", "table": "table5"})]
    assert made.notes(jobs)[made.arguments("one", "tables", "table5")] == "--stages"
    assert "multi_head_over" not in made.caption("tables", "table5", "one")


@pytest.mark.parametrize(
    ("claims", "words"),
    [
        ([], "a mapping from a claim's name"),
        ({}, "a mapping from a claim's name"),
        ({"multi_head_over_randm": {}}, "Did you mean 'multi_head_over_random'"),
        ({"multi_head_over_random": 3}, "one.claims.multi_head_over_random: a mapping is needed"),
        ({"mine": {"test": "higer"}}, "claims.mine.test"),
        ({"mine": {"test": "higher", "thn": "random"}}, "Did you mean 'than'"),
        ({"mine": {"test": "higher"}}, "the test higher needs than"),
        ({"mine": {"test": "above_chance", "than": "random"}}, "compares with no other kind"),
        ({"mine": {"test": "higher", "than": "one_head"}}, "no such runs"),
        ({"mine": {"test": "higher", "than": "one_haed"}}, "Did you mean 'one_head'"),
        ({"mine": {"test": "every_task", "than": "random"}}, "against single_task"),
        ({"more_tasks_help": {}}, "Give the field several values"),
        ({"multi_head_over_random": {"field": "epochs"}}, "the test higher has none"),
        ({"multi_head_over_random": {"keys": ["mig"]}}, "claims.multi_head_over_random.keys"),
        ({"multi_head_over_random": {"keys": ["sap.SAP_score"]}}, "metric of the study 'sap'"),
        ({"multi_head_over_random": {"keys": ["mig.mig"]}}, "Known: discrete_mig"),
    ],
)
def test_what_cannot_be_tested_is_refused(claims: Any, words: str) -> None:
    with pytest.raises(ConfigError, match=r"experiments\.one\.claims") as error:
        study(claims)
    assert words in str(error.value)


def test_along_a_field_it_must_be_swept_and_the_reference_there() -> None:
    swept = {"kind": "multi_head", "tasks": {"subsets": ["all", "halves"]}}
    assert study({"factor_subsets_matter": {}}, **swept).claims("one")
    with pytest.raises(ConfigError, match="reference: unknown value 'pairs'"):
        study({"factor_subsets_matter": {"reference": "pairs"}}, **swept)
    with pytest.raises(ConfigError, match=r"Did you mean 'tasks.subsets'"):
        study({"factor_subsets_matter": {"field": "tasks.subset"}}, **swept)


def test_an_experiment_without_any_contrast_is_refused() -> None:
    with pytest.raises(ConfigError, match="the runs of none of"):
        study(kind="multi_head")


def test_claims_that_nothing_shows_are_refused() -> None:
    with pytest.raises(ConfigError, match="no table or figure shows them"):
        study({"multi_head_over_random": {}}, tables=["table5"])


def test_a_table_of_claims_is_made_from_the_command_line(tmp_path: Path) -> None:
    files.write_frame(tmp_path / "long.parquet", make_long_table(keys=("discrete_mig",)))
    given = ["--name", "claims", "--long", str(tmp_path / "long.parquet")]
    claims = {"mine": {"test": "higher", "than": "random"}}
    out = tmp_path / "claims.csv"
    assert main(["table", *given, "--claims", json.dumps(claims), "--out", str(out)]) == 0
    assert "mine: multi-head" in out.read_text()
