"""Measurements by others of the paper's tasks: lag-1 autocorrelation and total effect, means over
the ten tasks.

The paper prints neither. The values in diagnostics_reference.csv (two decimals) were measured once
with the released generator (seed 658, raw factor values) before this package existed; exact values
on the complete grids are within 0.02.
"""

from importlib.resources import files

import pandas as pd

MEASURES = ("lag_autocorrelation", "total_effect")
"""The measures of task_diagnostics, as columns of the csv and keys of its rows."""


def reference_values() -> pd.DataFrame:
    """The reference values as long rows: dataset (the paper's name), factor, measure, reference."""
    with (
        files("mtdis.reporting.published")
        .joinpath("diagnostics_reference.csv")
        .open(encoding="utf-8") as file
    ):
        wide = pd.read_csv(file)
    return wide.melt(
        ["dataset", "factor"], list(MEASURES), var_name="measure", value_name="reference"
    )
