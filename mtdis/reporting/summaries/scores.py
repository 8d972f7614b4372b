"""A table of scores beside the published ones, a line per variant, dataset, key and row: Tables 5
and 6.
"""

import pandas as pd

from mtdis.reporting import comparison
from mtdis.reporting.labels import HEADLINE, row_places
from mtdis.reporting.published import scores as published
from mtdis.reporting.statistics import (
    CELL,
    headline_rows,
    in_order,
    of_runs,
    variant_fields,
    variants,
)

COLUMNS = [
    *[*CELL, "row", "mean", "sd", "sd_ddof0", "sd_networks", "n", "diverged", "failed", "task"],
    *comparison.COLUMNS,
]


def score_table(frame: pd.DataFrame, printed_table: str) -> pd.DataFrame:
    """One line per variant, dataset, key, settings and row (`statistics.headline_rows`), the
    published value beside it.

    `printed_table` is the number of the paper's table. Where ours and the published are comparable,
    `difference` is ours minus the published; else `note` says why they are not.
    """
    scores = headline_scores(frame)
    fields = variant_fields(scores)
    printed = published.numbers(printed_table)
    order = ["key", "settings", "printed", "dataset", "row"]
    places = {
        "key": {key: place for place, (_, key) in enumerate(HEADLINE)},
        "printed": {name: place for place, name in enumerate(published.GENUINE.values())},
        "row": row_places(),
    }
    parts = []
    for label, part in variants(scores):
        lines = comparison.beside_published(headline_rows(part), part, printed)
        parts.append(in_order(lines, order, places).assign(**label))
    return pd.concat(parts).reindex(columns=[*fields, *COLUMNS]).reset_index(drop=True)


def headline_scores(frame: pd.DataFrame) -> pd.DataFrame:
    """The long table's rows about runs and the keys that the paper reports."""
    rows = of_runs(frame)
    return rows[pd.MultiIndex.from_frame(rows[["metric", "key"]]).isin(list(HEADLINE))]
