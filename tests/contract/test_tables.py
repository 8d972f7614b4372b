"""What every table keeps to: each file in mtdis/tables that defines `make` is held to it."""

import pandas as pd
import pytest
from long_table import make_long_table

from mtdis import page, rendering
from mtdis.discover import load, names
from mtdis.statistics import CELL

TABLES = names("mtdis.tables")
FRAMES = {
    "plain": make_long_table(),
    "three datasets": make_long_table(["dsprites_rendered", "shapes3d_rendered", "mpi3d_rendered"], tasks=2),
    "one seed": make_long_table(seeds=(7,)),
    "diverged": make_long_table(diverged=[("multi_head", "shared", 0), ("single_task", "task2", 1)]),
    "all diverged": make_long_table(diverged=[("multi_head", "shared", 0), ("multi_head", "shared", 1)]),
    "variants": make_long_table(learning_rates=(0.001, 0.0001)),
    "failed": make_long_table(failed=[("one_head", "sap"), ("single_task", "dci")]),
    "one kind": make_long_table(kinds=("multi_head",)),
}
either_table = pytest.mark.parametrize("name", TABLES)
any_frame = pytest.mark.parametrize("case", FRAMES)


def test_there_are_tables() -> None:
    assert TABLES


@either_table
def test_caption(name: str) -> None:
    caption = load("mtdis.tables", name, "table").CAPTION
    assert isinstance(caption, str)
    assert caption.endswith(".")


@either_table
@any_frame
def test_made_tidy_without_changing_the_frame(name: str, case: str) -> None:
    frame = FRAMES[case].copy()
    table = load("mtdis.tables", name, "table").make(frame)
    pd.testing.assert_frame_equal(frame, FRAMES[case])
    assert len(table)
    assert {"n", "diverged", "failed"} <= set(table.columns)
    fields = [c for c in table if c.startswith("spec.")]
    assert not table.duplicated([*fields, *CELL, "row"]).any()
    assert table.loc[table["n"] == 0, "mean"].isna().all()
    assert table.loc[table["n"] > 0, "mean"].notna().all()
    assert table["sd"].notna().eq(table["n"] > 1).all()


@either_table
@any_frame
def test_rendered(name: str, case: str) -> None:
    module = load("mtdis.tables", name, "table")
    table = module.make(FRAMES[case])
    for text in (rendering.markdown(table, module.CAPTION), rendering.latex(table, module.CAPTION)):
        assert "nan" not in text
        assert "<NA>" not in text
        assert ("diverged" in text) == bool(table["diverged"].any())


@either_table
def test_the_order_of_the_frame_does_not_matter(name: str) -> None:
    make = load("mtdis.tables", name, "table").make
    frame = FRAMES["variants"]
    pd.testing.assert_frame_equal(make(frame.iloc[::-1]), make(frame), check_exact=True)


@either_table
def test_the_page_escapes_what_a_result_says(name: str) -> None:
    module = load("mtdis.tables", name, "table")
    frame = FRAMES["plain"].assign(dataset="<script>alert(1)</script>")
    text = page.html(module.make(frame), module.CAPTION)
    assert "<script>" not in text
    assert "&lt;script&gt;" in text
