"""Write the means of the demo study into docs/demo.md, from its Table 5.

python -m docs.generate.demo [results/studies/demo/tables/demo/table5.csv]

The page says which columns and rows it shows; a row whose kind the study no longer has is dropped.
"""

import re
import sys
from pathlib import Path

import pandas as pd

from docs.generate.fields import table
from docs.generate.links import ROOT

TABLE5 = Path("results/studies/demo/tables/demo/table5.csv")
PAGES = (ROOT / "docs/demo.md",)
DATASETS = ("dsprites_rendered", "shapes3d_rendered", "mpi3d_real_rendered")
COLUMNS = {
    "FactorVAE": ("eval_accuracy", "raw"),
    "without its threshold": ("eval_accuracy", "standardised"),
    "DCI disentanglement": ("disentanglement", ""),
    "DCI completeness": ("completeness", ""),
    "DCI informativeness": ("informativeness_test", ""),
    "MIG": ("discrete_mig", ""),
    "SAP": ("SAP_score", ""),
}
"""Heading: key of the score, and the scaling of FactorVAE."""
ROWS = {
    "random": "random",
    "single-task, mean of 2": "single_mean",
    "single-task, best of 2": "single_max",
    "multi-head": "multi_head",
    "one-head": "one_head",
}
SHOWN = re.compile(r"^\| \| FactorVAE .*?(?=\n\n)", re.MULTILINE | re.DOTALL)
"""The table in a page."""


def rewritten(page: str, table5: pd.DataFrame) -> str:
    """The page with the means of Table 5 in its table; ValueError if it has no such table."""
    found = SHOWN.search(page)
    if not found:
        raise ValueError("a page has no table that begins with | | FactorVAE")
    lines = [[cell.strip() for cell in line[1:-1].split("|")] for line in found[0].splitlines()]
    heads, labels = lines[0], [line[0] for line in lines[2:]]
    kept = [label for label in labels if ROWS[label] in set(table5["row"])]
    rows = [[label, *(cell(table5, label, head) for head in heads[1:])] for label in kept]
    return page[: found.start()] + table(heads, rows).replace("|  |", "| |") + page[found.end() :]


def cell(table5: pd.DataFrame, label: str, head: str) -> str:
    """The means of a row and a column on the three datasets: `.41 / .41 / .30`."""
    key, scaling = COLUMNS[head]
    standardised = table5["settings"].str.contains("standardised")
    own = table5[table5["row"].eq(ROWS[label]) & table5["key"].eq(key)]
    own = own[standardised[own.index].eq(scaling == "standardised")]
    means = own.set_index("dataset")["mean"]
    return " / ".join(f"{means[name]:.2f}".replace("0.", ".", 1) for name in DATASETS)


if __name__ == "__main__":
    numbers = pd.read_csv(sys.argv[1] if len(sys.argv) > 1 else TABLE5)
    for place in PAGES:
        place.write_text(rewritten(place.read_text(), numbers))
