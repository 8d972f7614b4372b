"""The means of the demo in README and docs/demo.md come from its Table 5 by a command."""

from pathlib import Path

import pandas as pd
import pytest

from docs.generate import demo
from mtdis.discover import constant


def table5(kinds: list[str]) -> pd.DataFrame:
    """A Table 5 whose every mean says by its digits which row, dataset and score it is of."""
    scores = [
        (key, f"x+scaling={scaling}" if scaling == "standardised" else "x")
        for key, scaling in demo.COLUMNS.values()
    ]
    return pd.DataFrame(
        [
            (dataset, key, settings, row, (r + 1) / 10 + (d + 1) / 100 + 0.001 * s)
            for r, row in enumerate(kinds)
            for d, dataset in enumerate(demo.DATASETS)
            for s, (key, settings) in enumerate(scores)
        ],
        columns=["dataset", "key", "settings", "row", "mean"],
    )


@pytest.mark.parametrize("place", demo.PAGES, ids=lambda place: place.name)
def test_a_page_takes_its_rows_and_columns(place: Path) -> None:
    page = place.read_text()
    before = demo.SHOWN.search(page)
    changed = demo.rewritten(page, table5(["random", "multi_head"]))
    found = demo.SHOWN.search(changed)
    assert before
    assert found
    heads, _, *rows = found[0].splitlines()
    assert heads in page
    assert [row.split(" | ")[0] for row in rows] == ["| random", "| multi-head"]
    assert rows[0].startswith("| random | .11 / .12 / .13 | .11 / .12 / .13 |")
    assert rows[1].startswith("| multi-head | .21 / .22 / .23 |")
    assert changed.replace(found[0], "") == page.replace(before[0], "")


def test_keys_are_those_of_the_metrics() -> None:
    metrics = ("factor_vae", "dci", "mig", "sap")
    known = {key for name in metrics for key in constant("mtdis.metrics", name, "KEYS")}
    assert {key for key, _ in demo.COLUMNS.values()} <= known


def test_a_page_without_the_table_is_refused() -> None:
    with pytest.raises(ValueError, match="no table that begins"):
        demo.rewritten("# Page\n", table5(["random"]))
