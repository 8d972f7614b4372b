"""Where numbers mislead, the score says so itself: in what `mtdis score` prints, in the rows of an
index, in the long table and under the tables made of it.
"""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers.long_table import make_long_table

from mtdis.cli import main
from mtdis.discover import members
from mtdis.metrics import factor_table
from mtdis.reporting import long_table
from mtdis.reporting.formats.notes import notes as notes_under
from mtdis.reporting.tables import all_scores, table5
from mtdis.scoring.run_scores import are_constant, notes
from mtdis.specs import cautions
from mtdis.specs.metric import Metric
from mtdis.specs.run import Run

GRID = np.stack(np.unravel_index(np.arange(60), (3, 4, 5)), axis=1)
FEW = "few rows: mig draws 10,000 of 60"
ALONE = "single images: most classes of column 1 have only one"


def metric(name: str, **settings: int) -> Metric:
    return Metric.from_fields({"name": name} | settings)


def scored(
    folder: Path, codes: Any, factors: Any, capsys: pytest.CaptureFixture[str], *words: str
) -> dict[str, Any]:
    np.save(folder / "c.npy", codes)
    np.save(folder / "f.npy", factors)
    files = ["--codes", str(folder / "c.npy"), "--factors", str(folder / "f.npy")]
    assert main(["score", "--json", *files, *words]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_score_prints_cautions_beside_the_values(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    codes = GRID.astype(np.float32)
    found = scored(tmp_path, codes, GRID, capsys, "--metric", "mig")
    assert found["notes"] == [FEW]
    alone = np.stack([GRID[:, 0], np.arange(60)], axis=1)
    words = ("--metric", "mig", "--set", "num_train=60")
    assert scored(tmp_path, codes, alone, capsys, *words)["notes"] == [ALONE]
    assert "notes" not in scored(tmp_path, codes, GRID, capsys, *words)
    found = scored(tmp_path, np.ones((60, 3)), GRID, capsys, *words)
    assert found["notes"] == [cautions.CONSTANT_CODES]


@pytest.mark.parametrize(
    ("name", "settings", "expected"),
    [
        ("mig", {"num_train": 61}, "few rows: mig draws 61 of 60"),
        ("mig", {"num_train": 60}, ""),
        (
            "dci",
            {"num_train": 50, "num_test": 61},
            "few rows: dci draws 61 of 60 and tests on rows that it has fitted",
        ),
        ("irs", {}, "few rows: irs draws 10,000 of 60"),
    ],
)
def test_fewer_rows_than_a_metric_draws_are_said(
    name: str, settings: dict[str, int], expected: str
) -> None:
    assert cautions.few_rows(metric(name, **settings), 60) == expected


def test_factors_are_named_though_some_are_constant() -> None:
    factors = np.stack([np.zeros(60, int), np.arange(60), GRID[:, 2], np.arange(60) // 2], axis=1)
    found = notes(
        metric("mig", num_train=60), factor_table(factors), ["a", "b", "c", "d"], constant=False
    )
    assert found == ["single images: most classes of b have only one"]


def test_codes_are_constant_if_all_rows_are_the_same() -> None:
    codes = np.tile(np.arange(3.0), (5, 1))
    assert are_constant(codes)
    codes[4, 2] = 7
    assert not are_constant(codes)


def test_the_note_of_a_row_is_in_the_long_table() -> None:
    run = Run.from_fields({"kind": "random", "seed": 1, "dataset": "dsprites_rendered"})
    row = {
        "network": "random",
        "metric": "mig",
        "key": "discrete_mig",
        "settings": "mig",
        "metric_seed": 0,
        "value": 0.5,
        "transform": "none",
        "draw": 0,
        "diverged": False,
        "error": "",
    }
    record: dict[str, Any] = {"result": {"networks": []}}
    frame = long_table.make("one", [(run, record, {"rows": [row, row | {"note": FEW}]})])
    assert frame["unlike_paper"].tolist() == ["", FEW]


def test_cautions_stand_under_tables_beside_each_other() -> None:
    text = f"epochs=12, {cautions.INCOMPLETE_GRID}, {FEW}, {ALONE}"
    frame = make_long_table(datasets=["own"], unlike_paper=text)
    for table in (table5.make(frame), all_scores.make(frame)):
        for caution in (cautions.INCOMPLETE_GRID, FEW, ALONE):
            assert notes_under(table).count(f"own: {caution}.") == 1
    shown = notes_under(table5.make(make_long_table(unlike_paper=text)))
    assert any(FEW in note and ALONE in note for note in shown)


def test_cautions_are_found_among_other_remarks() -> None:
    texts = f"epochs=3, {FEW} or seed=1, {ALONE}, {FEW}"
    assert cautions.cautions_in(texts) == [FEW, ALONE]
    assert cautions.cautions_in("epochs=3, a few rows: b") == []


def read_again(caution: str) -> set[str]:
    """What each metric's own caution says, by the one on all of them."""
    rows, groups = re.fullmatch(r"few rows: of ([\d,]+), (.*)", caution).groups()
    found = set()
    for group in groups.split("; "):
        count, by = re.fullmatch(r"([\d,]+) are drawn (.*)", group).groups()
        drawn, _, tested = by.partition("and by " if ", and by " in by else "\0")
        for part in filter(None, (drawn, tested)):
            again = ", which test on rows that were fitted" in part
            names = part.partition(", which")[0].removeprefix("by ").rstrip(", ").split(", ")
            rest = " and tests on rows that it has fitted" if again else ""
            found |= {f"few rows: {name} draws {count} of {rows}{rest}" for name in names}
    return found


@pytest.mark.parametrize("settings", [{}, {"num_train": 100}])
def test_cautions_on_few_rows_are_one_line_that_says_each_number_once(
    settings: dict[str, int],
) -> None:
    apart = []
    for place, name in enumerate(members("metrics")):
        own = settings if place % 2 and "num_train" in Metric.member(name).model_fields else {}
        apart.append(cautions.few_rows(metric(name, **own), 60))
    apart = [*filter(None, apart)]
    assert len(apart) > 5
    said = cautions.together([cautions.CONSTANT_CODES, *apart, ALONE, *apart])
    assert [said[0], *said[2:]] == [cautions.CONSTANT_CODES, ALONE]
    assert read_again(said[1]) == set(apart)
    numbers = re.findall(r"\b\d[\d,]*\b", said[1])
    assert len(numbers) == len(set(numbers))


def test_a_caution_on_one_metric_is_as_it_is() -> None:
    of_two = [FEW, FEW.replace("60", "59")]
    assert cautions.together([*of_two, *of_two]) == of_two
