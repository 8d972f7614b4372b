"""The null and the ceiling of scores that were calibrated, beside the lines of a tidy table."""

import numpy as np
import pandas as pd

from mtdis.artifacts.calibrations import CALIBRATED
from mtdis.reporting.statistics import CELL, headline_rows, of_runs

NULL = {"null_q05": "null_low", "null_q95": "null_high"}
"""The end of a summary's key → its column here: the rotations of the white codes, 5 to 95 %."""
MAPPED = {"whitened": "white", "oriented": "ceiling"}
"""The map of the codes → the column of their score: white ones, which are what is rotated, and
those turned to agree with the factors best.
"""
COLUMNS = [*NULL.values(), *MAPPED.values()]
NUMBERS = [
    *["whitened", "standardised", "oriented", "null_mean", "null_sd", "null_q05", "null_q95"],
    *["p_whitened", "p_standardised", "alignment", "permuted_mean"],
]
"""What `calibrated_networks` tells of each network, by the names of the long table."""


def with_calibration(lines: pd.DataFrame, frame: pd.DataFrame) -> pd.DataFrame:
    """The lines with COLUMNS, means over the networks of their row: missing for those that were not
    calibrated with these settings.

    `frame` has the rows of the long table of one variant, with all its metrics.
    """
    runs = of_runs(frame)
    parts = {column: _summary(runs, end) for end, column in NULL.items()}
    parts |= {column: runs[runs["transform"].eq(name)] for name, column in MAPPED.items()}
    for column, part in parts.items():
        if part.empty:  # ten operations on nothing would take as long as on something
            lines = lines.assign(**{column: np.nan})
            continue
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


def _symmetries(runs: pd.DataFrame) -> "pd.Series[str]":
    """Run → its symmetry; missing in tables from before there was one."""
    each = runs.drop_duplicates("run").set_index("run")
    return each.reindex(columns=["symmetry"])["symmetry"]


def calibrated_networks(runs: pd.DataFrame) -> pd.DataFrame:
    """One row per network and calibrated cell (CELL, kind, run, network): the scores of its white
    and oriented codes, what its nulls say by name, `p` (the larger of both nulls), the
    `effective_rank` of its codes, and the `symmetry` of its run; missing where it diverged or the
    metric failed, which `diverged` and `failed` say.

    `runs` are rows of the long table about runs.
    """
    index = [*CELL, "kind", "run", "network"]
    said = runs[runs["metric"].str.endswith(CALIBRATED)]
    names = said["key"].str.extract(r"^(.*)\.([^.]+)$")
    said = said.assign(
        metric=said["metric"].str.removesuffix(CALIBRATED), key=names[0], what=names[1]
    )
    mapped = runs[runs["transform"].isin(["whitened", "standardised", "oriented"])]
    both = pd.concat([said, mapped.assign(what=mapped["transform"])])
    found = both.pivot_table(
        index=index, columns="what", values="value", dropna=False, observed=True
    )
    found = found.reindex(columns=NUMBERS)
    lost = said.assign(failed=said["error"].ne("")).groupby(index)[["diverged", "failed"]].any()
    found = lost.join(found).reset_index()
    ranks = runs[runs["metric"].eq("codes") & runs["key"].eq("effective_rank")]
    ranks = ranks[["run", "network", "value"]].rename(columns={"value": "effective_rank"})
    found = found.merge(ranks, how="left", on=["run", "network"])
    found = found.assign(symmetry=found["run"].map(_symmetries(runs)))
    return found.assign(p=found[["p_whitened", "p_standardised"]].max(axis=1, skipna=False))
