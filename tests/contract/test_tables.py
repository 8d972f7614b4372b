"""What every table keeps to: each file in mtdis/tables that defines `make` is held to it.

A table with a constant STAGES is given examples of those stages beside the long table
(tests/helpers/stage_results.py).
"""

import re
import subprocess
import sys
from functools import cache

import pandas as pd
import pytest
from helpers.long_table import with_stages
from helpers.shown import IDENTIFIER, PLAIN, STAGED, arguments, every, module, shown, unstaged

from mtdis.discover import constant, names
from mtdis.reporting.formats.cells import blocks, cell, heads_of
from mtdis.reporting.formats.html import html
from mtdis.reporting.formats.latex import latex
from mtdis.reporting.formats.markdown import markdown
from mtdis.reporting.statistics import CELL

PACKAGE = "mtdis.reporting.tables"
TABLES = names(PACKAGE)
every_table = pytest.mark.parametrize("name", TABLES)
every_table_of_frames = pytest.mark.parametrize("name", unstaged(PACKAGE))
# One case after the other: whoever runs some of its tests makes it once.
every_case = pytest.mark.parametrize(("name", "case"), shown(PACKAGE), scope="module")


@cache
def _made(name: str, case: str) -> pd.DataFrame:
    """The table of a case, made once and looked at by several tests."""
    given, before = (arguments(PACKAGE, name, case) for _ in range(2))
    table = module(PACKAGE, name).make(*given)
    pd.testing.assert_frame_equal(given[0], before[0])
    return table


def _plain(name: str) -> pd.DataFrame:
    return _made(name, STAGED if name in every(PACKAGE, "STAGES") else PLAIN)


def test_there_are_tables() -> None:
    assert TABLES


def test_tables_load_neither_matplotlib_nor_figures() -> None:
    modules = ["mtdis.commands.table", *(f"{PACKAGE}.{name}" for name in TABLES)]
    code = f"import sys, {', '.join(modules)}; print('\\n'.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = done.stdout.split()
    assert "mtdis.reporting.tables.table5" in loaded
    assert {"matplotlib", "seaborn", "torch", "mtdis.reporting.figures"}.isdisjoint(loaded)


@pytest.mark.slow
def test_figures_load_no_table() -> None:
    modules = [f"mtdis.reporting.figures.{name}" for name in names("mtdis.reporting.figures")]
    code = f"import sys, {', '.join(modules)}; sys.exit('{PACKAGE}' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@every_table
def test_caption_and_stages_are_literals(name: str) -> None:
    caption = constant(PACKAGE, name, "CAPTION")
    assert isinstance(caption, str)
    assert caption.endswith(".")
    assert constant(PACKAGE, name, "STAGES") != ()


@pytest.mark.slow
@every_case
def test_made_tidy_without_changing_the_frame(name: str, case: str) -> None:
    table = _made(name, case)
    assert len(table)
    assert {*CELL, "row", "mean", "sd", "n", "diverged", "failed"} <= set(table.columns)
    names_of_a_line = [c for c in table if c.startswith("spec.") or c in (*CELL, "row", "column")]
    assert not table.duplicated(names_of_a_line).any()
    assert table.loc[table["n"] == 0, "mean"].isna().all()
    assert table.loc[table["n"] > 0, "mean"].notna().all()
    assert table["sd"].notna().eq(table["n"] > 1).all()


@pytest.mark.slow
@every_case
def test_rendered(name: str, case: str) -> None:
    table, caption = _made(name, case), module(PACKAGE, name).CAPTION
    for text in (form(table, caption) for form in (markdown, latex, html)):
        assert "nan" not in text
        assert "<NA>" not in text
        assert ("diverged" in text) == bool(table["diverged"].any())


@every_table
def test_no_identifier_is_left_in_words_for_people(name: str) -> None:
    table = _made(name, STAGED if name in every(PACKAGE, "STAGES") else "variants")
    found = list(blocks(table))
    words = [*heads_of(table), *(b.title for b in found), *(r for b in found for r, _ in b.lines)]
    assert not re.findall(IDENTIFIER, "\n".join(words))


@every_case
def test_no_cell_is_lost_in_rendering(name: str, case: str) -> None:
    """Every line of the table is a cell of its own, so none was laid over another."""
    table = _made(name, case)
    cells = [cell.text for block in blocks(table) for _, cells in block.lines for cell in cells]
    expected = [cell(line) for line in table.to_dict("records")]
    assert sorted(filter(None, cells)) == sorted(expected)


@every_table
def test_a_published_value_is_compared_or_the_reason_is_given(name: str) -> None:
    table = _plain(name)
    printed = table[table["published_mean"].notna()]
    assert (
        printed["difference"]
        .notna()
        .eq(printed["comparable"].astype(bool) & printed["mean"].notna())
        .all()
    )
    assert printed.loc[~printed["comparable"].astype(bool), "note"].ne("").all()


@pytest.mark.slow
@every_table_of_frames
def test_the_order_of_the_frame_does_not_matter(name: str) -> None:
    [frame] = arguments(PACKAGE, name, "variants")
    backwards = module(PACKAGE, name).make(frame.iloc[::-1])
    pd.testing.assert_frame_equal(backwards, _made(name, "variants"), check_exact=True)


@every_table_of_frames
def test_results_of_stages_are_none_of_runs(name: str) -> None:
    [frame] = arguments(PACKAGE, name, PLAIN)
    pd.testing.assert_frame_equal(module(PACKAGE, name).make(with_stages(frame)), _plain(name))


@every_table_of_frames
def test_nothing_to_show_is_an_empty_table(name: str) -> None:
    [frame] = arguments(PACKAGE, name, PLAIN)
    table = module(PACKAGE, name).make(frame.assign(metric="nothing"))
    assert table.empty
    assert list(table.columns) == list(_plain(name).columns)
    assert markdown(table, "Nothing.").startswith("Nothing.")


@every_table
def test_the_page_escapes_what_a_result_says(name: str) -> None:
    table = _plain(name).assign(dataset="<script>alert(1)</script>")
    text = html(table, module(PACKAGE, name).CAPTION)
    assert "<script>" not in text
    assert "&lt;script&gt;" in text
