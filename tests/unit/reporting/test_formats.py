"""Marks of the best cells, columns other than datasets, and the numbers' decimals, in all three
forms.
"""

import re

import pandas as pd
import pytest

from mtdis.reporting.formats.cells import cell
from mtdis.reporting.formats.html import html
from mtdis.reporting.formats.latex import latex
from mtdis.reporting.formats.markdown import markdown
from mtdis.reporting.formats.notes import RELEASED, SPREAD, notes

FIELDS = {
    "metric": "mse",
    "key": "test",
    "settings": "",
    "dataset": "d_1",
    "sd": 0.5,
    "n": 3,
    "diverged": 0,
    "failed": 0,
}
PUBLISHED = {
    "published_mean": float("nan"),
    "published_table": "",
    "comparable": False,
    "note": "no published value",
}


@pytest.fixture
def table() -> pd.DataFrame:
    rows = [
        {
            "row": "ground_truth",
            "column": "total",
            "mean": 1.0,
            "best": True,
            "best_autoencoder": False,
        },
        {"row": "vae", "column": "total", "mean": 2.0, "best": False, "best_autoencoder": True},
        {"row": "vae", "column": "task 1", "mean": 3.0, "best": True, "best_autoencoder": True},
    ]
    return pd.DataFrame([FIELDS | PUBLISHED | row for row in rows])


def test_markdown_marks_best_and_best_autoencoder(table: pd.DataFrame) -> None:
    text = markdown(table, "A caption.")
    assert "| true factors | **1.00 ± 0.50 (3)** |  |" in text
    assert "| VAE | <ins>2.00 ± 0.50 (3)</ins> | **<ins>3.00 ± 0.50 (3)</ins>** |" in text
    assert "**MSE on the test split, d 1**" in text


def test_latex_marks_best_and_best_autoencoder(table: pd.DataFrame) -> None:
    text = latex(table, "A caption.")
    assert r"true factors & \textbf{1.00 $\pm$ 0.50 (3)} &  \\" in text
    assert (
        r"VAE & \underline{2.00 $\pm$ 0.50 (3)} & \textbf{\underline{3.00 $\pm$ 0.50 (3)}} \\"
        in text
    )


def test_the_page_marks_best_and_best_autoencoder(table: pd.DataFrame) -> None:
    text = html(table, "A caption.")
    assert "<td><b>1.00 ± 0.50 (3)</b></td><td></td>" in text
    assert "<td><u>2.00 ± 0.50 (3)</u></td><td><b><u>3.00 ± 0.50 (3)</u></b></td>" in text


def test_a_wide_latex_table_goes_on_in_further_ones_with_every_column_once() -> None:
    names = [f"task {t}" for t in range(1, 11)]
    wide = pd.DataFrame(
        [FIELDS | PUBLISHED | {"row": "vae", "column": name, "mean": 7.0} for name in names]
    )
    text = latex(wide, "A caption.")
    tables = re.findall(r"\\begin\{longtable\}\{(l+)\}(.*?)\\end\{longtable\}", text, re.S)
    assert [len(columns) for columns, _ in tables] == [5, 5, 3]
    heads = [re.findall(r"task \d+", body.partition(r"\endfirsthead")[0]) for _, body in tables]
    assert [head for found in heads for head in found] == names
    assert text.count("7.00") == 10


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({}, "56.73 ± 0.50 (3)"),
        ({"metric": "r2"}, "56.730 ± 0.500 (3)"),
        (
            {"metric": "reconstruction", "key": "mse", "mean": 0.00092, "sd": 0.0001},
            "0.0009 ± 0.0001 (3)",
        ),
        ({"published_mean": 56.7, "published_sd": float("nan")}, "56.73 ± 0.50 (3) [56.70]†"),
        (
            {"published_mean": 0.0021, "published_sd": 0.0, "published_digits": 4},
            "56.73 ± 0.50 (3) [.0021 ± .0000]†",
        ),
        (
            {"published_mean": -0.5, "published_sd": float("nan"), "published_digits": 1},
            "56.73 ± 0.50 (3) [-.5]†",
        ),
        (
            {
                "published_mean": 51.0,
                "published_sd": float("nan"),
                "comparable": True,
                "difference": 5.73,
            },
            "56.73 ± 0.50 (3) [51.00; Δ +5.73]",
        ),
        ({"change": -1.0}, "56.73 ± 0.50 (3) Δ -1.00"),
        ({"n": 0, "diverged": 1, "change": float("nan")}, "1 diverged"),
    ],
)
def test_cells(change: dict, text: str) -> None:
    assert cell(FIELDS | PUBLISHED | {"mean": 56.73} | change) == text


def test_notes_name_the_released_settings_only_where_they_made_the_numbers(
    table: pd.DataFrame,
) -> None:
    def notes_of(number: str) -> list[str]:
        return notes(table.assign(published_mean=1.0, published_table=number))

    assert RELEASED in notes_of("10")
    assert RELEASED in notes_of("5a")
    assert RELEASED not in notes_of("6a")
    assert notes(table) == [SPREAD]
