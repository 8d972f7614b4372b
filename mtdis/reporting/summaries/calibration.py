"""The null and the ceiling of scores that were calibrated, beside the lines of a tidy table."""

import pandas as pd

from mtdis.reporting.statistics import CELL, headline_rows, of_runs

CALIBRATED = "_calibrated"
"""End of the names under which the long table has the summaries of a metric's rotations."""
NULL = {"null_q05": "null_low", "null_q95": "null_high"}
"""The end of a summary's key → its column here: the rotations of the white codes, 5 to 95 %."""
MAPPED = {"whitened": "white", "oriented": "ceiling"}
"""The map of the codes → the column of their score: white ones, which are what is rotated, and
those turned to agree with the factors best.
"""
COLUMNS = [*NULL.values(), *MAPPED.values()]


def with_calibration(lines: pd.DataFrame, frame: pd.DataFrame) -> pd.DataFrame:
    """The lines with COLUMNS, means over the networks of their row: missing for those that were not
    calibrated with these settings.

    `frame` has the rows of the long table of one variant, with all its metrics.
    """
    runs = of_runs(frame)
    parts = {column: _summary(runs, end) for end, column in NULL.items()}
    parts |= {column: runs[runs["transform"].eq(name)] for name, column in MAPPED.items()}
    for column, part in parts.items():
        means = headline_rows(part[part["draw"].eq(0)].assign(transform="none"))
        lines = lines.merge(
            means[[*CELL, "row", "mean"]].rename(columns={"mean": column}),
            how="left",
            on=[*CELL, "row"],
        )
    return lines


def _summary(runs: pd.DataFrame, end: str) -> pd.DataFrame:
    """The rows of one summary of rotations, under the metric's and the score's own names."""
    rows = runs[runs["metric"].str.endswith(CALIBRATED) & runs["key"].str.endswith(f".{end}")]
    return rows.assign(
        metric=rows["metric"].str.removesuffix(CALIBRATED),
        key=rows["key"].str.removesuffix(f".{end}"),
    )
