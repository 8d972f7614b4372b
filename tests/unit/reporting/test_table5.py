"""Table 5 beside the published numbers, and its markdown and LaTeX."""

import math
import re

import pandas as pd
import pytest
from helpers.long_table import make_long_table

from mtdis.reporting.formats.cells import blocks, cell
from mtdis.reporting.formats.latex import latex
from mtdis.reporting.formats.markdown import markdown
from mtdis.reporting.formats.notes import SPREAD, notes
from mtdis.reporting.labels import HEADLINE, SINGLE, row_label
from mtdis.reporting.tables import table5

ROWS = ["random", "single_mean", "single_max", "single_min", "multi_head", "one_head"]
"""Those of the paper's Table 5, in its order."""
REPLICAS = ["dsprites_rendered", "shapes3d_rendered", "mpi3d_rendered"]


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return table5.make(make_long_table(datasets=["mpi3d_rendered", "dsprites_rendered"]))


def _line(table: pd.DataFrame, **names: str) -> pd.Series:
    chosen = table
    for column, value in names.items():
        chosen = chosen[chosen[column] == value]
    assert len(chosen) == 1
    return chosen.iloc[0]


def _genuine(**options) -> pd.DataFrame:
    options = {"unlike_paper": ""} | options
    return make_long_table(datasets=["dsprites"], **options)


def test_lines_come_in_the_order_of_the_paper(table: pd.DataFrame) -> None:
    assert list(table["key"].unique()) == [key for _, key in HEADLINE]
    assert list(table["row"].unique()) == ROWS
    assert list(table["dataset"].unique()) == ["dsprites_rendered", "mpi3d_rendered"]
    assert list(table.columns) == table5.COLUMNS


def test_published_values_of_the_replicated_dataset_stand_beside(table: pd.DataFrame) -> None:
    line = _line(table, dataset="mpi3d_rendered", key="eval_accuracy", row="multi_head")
    assert (line["published_mean"], line["published_sd"], line["published_sd_ddof"]) == (
        0.36,
        0.04,
        0,
    )


def test_a_replica_is_not_comparable_and_the_note_says_why(table: pd.DataFrame) -> None:
    assert not table["comparable"].any()
    assert table["difference"].isna().all()
    trained = _line(table, dataset="dsprites_rendered", key="discrete_mig", row="one_head")
    untrained = _line(table, dataset="dsprites_rendered", key="discrete_mig", row="random")
    assert trained["note"] == "stands for dSprites; unlike the paper: epochs=12"
    assert untrained["note"] == "stands for dSprites"


def test_genuine_data_with_the_papers_settings_are_compared() -> None:
    line = _line(table5.make(_genuine()), key="discrete_mig", row="multi_head")
    assert line["comparable"]
    assert line["difference"] == pytest.approx(line["mean"] - 0.04)
    assert line["note"] == ""


def test_genuine_data_with_other_settings_are_not_compared() -> None:
    table = table5.make(_genuine(unlike_paper="epochs=12"))
    line = _line(table, key="discrete_mig", row="multi_head")
    assert not line["comparable"]
    assert math.isnan(line["difference"])
    assert line["note"] == "unlike the paper: epochs=12"
    assert _line(table, key="discrete_mig", row="random")["comparable"]


def test_data_the_paper_does_not_have() -> None:
    table = table5.make(make_long_table(datasets=["cars"]))
    assert table["published_mean"].isna().all()
    assert set(table["note"]) == {"no published value"}
    assert notes(table) == [SPREAD]


def test_variants_are_lines_of_their_own() -> None:
    table = table5.make(make_long_table(learning_rates=(0.01, 0.001)))
    assert list(table.columns) == ["spec.learning_rate", *table5.COLUMNS]
    assert table.groupby("spec.learning_rate").size().tolist() == [36, 36]
    assert table["n"].eq(2).all()


@pytest.mark.slow
def test_no_scores_make_an_empty_table() -> None:
    table = table5.make(make_long_table().assign(metric="mse"))
    assert table.empty
    assert list(table.columns) == table5.COLUMNS
    assert markdown(table, "Nothing.").startswith("Nothing.")


def test_every_row_has_a_label_of_its_own() -> None:
    assert len({row_label(row) for row in ROWS}) == len(ROWS)
    assert {row_label(row) for row in SINGLE} == set(SINGLE.values())


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({}, "0.042 ± 0.021 (3) [.04 ± .02]†"),
        ({"comparable": True}, "0.042 ± 0.021 (3) [.04 ± .02]"),
        ({"n": 2, "diverged": 1}, "0.042 ± 0.021 (2, 1 diverged) [.04 ± .02]†"),
        ({"n": 1, "sd": math.nan}, "0.042 (1) [.04 ± .02]†"),
        ({"n": 0, "diverged": 2, "failed": 1}, "2 diverged, 1 failed [.04 ± .02]†"),
        ({"published_mean": math.nan}, "0.042 ± 0.021 (3)"),
    ],
)
def test_cells(change: dict, text: str) -> None:
    row = {"mean": 0.0421, "sd": 0.0209, "n": 3, "diverged": 0, "failed": 0, "comparable": False}
    row |= {"published_mean": 0.04, "published_sd": 0.02}
    assert cell(row | change) == text


def test_markdown_has_a_block_per_key_and_equal_columns(table: pd.DataFrame) -> None:
    text = markdown(table, table5.CAPTION)
    assert len(re.findall(r"^\*\*", text, re.M)) == len(HEADLINE)
    assert {line.count("|") for line in text.splitlines() if line.startswith("|")} == {4}
    assert "[.04 ± .02]†" in text


def test_blocks_keep_settings_and_variants_apart() -> None:
    frame = make_long_table(learning_rates=(0.01, 0.001))
    both = pd.concat([frame, frame[frame["metric"] == "mig"].assign(settings="mig+bins=10")])
    titles = [block.title for block in blocks(table5.make(both))]
    assert len(titles) == len(set(titles)) == 14
    assert "MIG (bins = 10), learning rate = 0.01" in titles


def test_notes_name_the_spreads_the_released_settings_and_every_difference(
    table: pd.DataFrame,
) -> None:
    text = "\n".join(notes(table))
    assert "ddof 1" in text
    assert "ddof 0" in text
    assert "released code" in text
    assert "dSprites (rendered): stands for dSprites." in text
    assert (
        "dSprites (rendered), mpi3d rendered (single-task, multi-head, one-head): unlike the paper"
        in text
    )


def test_latex_is_balanced_and_escaped() -> None:
    frame = make_long_table(datasets=REPLICAS, unlike_paper="50% of a_b & {c}~d^e \\ #1 $x$")
    text = latex(table5.make(frame), table5.CAPTION)
    assert re.findall(r"\\begin\{(\w+)\}", text) == re.findall(r"\\end\{(\w+)\}", text)
    bare = re.sub(r"\\[&%$#_{}]", "", text)
    assert bare.count("{") == bare.count("}")
    assert bare.count("$") % 2 == 0
    assert "_" not in bare
    assert not set("±†–×") & set(bare)
    assert (
        r"50\% of a\_b \& \{c\}\textasciitilde{}d\textasciicircum{}e \textbackslash{} \#1 \$x\$"
        in text
    )


def test_latex_lines_have_a_cell_per_column() -> None:
    text = latex(table5.make(make_long_table(datasets=REPLICAS)), table5.CAPTION)
    lines = [line for line in text.splitlines() if line.endswith(r" \\")]
    assert {len(re.findall(r"(?<!\\)&", line)) for line in lines} == {3}
    assert len(lines) == 6 * len(HEADLINE) + 2
    assert r"\begin{longtable}{llll}" in text


def test_both_spreads_stand_where_the_paper_prints_that_of_single_tasks() -> None:
    table = table5.make(make_long_table(datasets=REPLICAS))
    single = table["row"].eq("single_mean")
    texts = [cell(line) for line in table.to_dict("records")]
    assert ["networks ± " in text for text in texts] == single.tolist()
    assert any("behaves like the standard deviation over all networks" in n for n in notes(table))


def test_without_published_values_one_spread_is_enough() -> None:
    table = table5.make(make_long_table(datasets=["cars"]))
    assert not any("networks ±" in cell(line) for line in table.to_dict("records"))
    assert not any("over all networks" in note for note in notes(table))
