"""`mtdis page --partial` shows what is finished, and says what is missing, diverged or damaged."""

from pathlib import Path

import pytest
from helpers.small_results import CONFIG, finish, of_kind, score, study_in

from mtdis import paths
from mtdis.artifacts import records
from mtdis.cli import main
from mtdis.study import Study

PAGE = Path("results/studies/small/partial/index.html")


@pytest.fixture
def study(tmp_path: Path) -> Study:
    one = CONFIG["experiments"]["one"] | {"tables": ["table5", "claims"], "figures": ["figure3"]}
    return study_in(tmp_path, CONFIG | {"experiments": {"one": one}})


def page() -> str:
    assert main(["page", "--partial"]) == 0
    return PAGE.read_text(encoding="utf-8")


def test_nothing_finished_is_said(study: Study) -> None:
    text = page()
    assert "6 runs, 0 done, 6 missing." in text
    assert 'id="explorer"' not in text
    assert 'id="run"' not in text


@pytest.mark.slow
def test_what_is_there_is_shown_and_the_rest_named(study: Study) -> None:
    for kind, seed in (("random", 1), ("random", 2), ("single_task", 1)):
        finish(study, of_kind(study, kind, seed))
        score(study, of_kind(study, kind, seed))
    finish(study, of_kind(study, "multi_head"), diverged=["multi_head"])
    Path(paths.run(of_kind(study, "random"))).with_name("history.csv").write_bytes(b"damaged")
    records._checksums_once.cache_clear()
    text = page()
    assert "6 runs, 4 done, 1 with diverged networks (counted, never averaged), 2 missing." in text
    assert "1 finished run without all scores." in text
    assert "2 runs missing; 1 run not scored; diverged networks in 1 run." in text
    assert "figure3 is not shown." in text
    assert '<th scope="row">random</th>' in text, "table5 has what is there"
    assert 'id="explorer"' in text
    assert "history.csv has 7 bytes" in text
    assert ".json is missing; snakemake makes it." in text, "the dataset of the correlations"


def test_the_page_lies_where_it_is_told_to(
    study: Study, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["page", "--partial", "--out", "mine.html"]) == 0
    assert capsys.readouterr().out == "mine.html\n"
    assert Path("mine.html").read_text().startswith("<!doctype html>")
