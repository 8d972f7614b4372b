"""A table of errors on the tasks beside the published ones, a column per task and one for their
mean.
"""

from collections.abc import Callable

import pandas as pd

from mtdis.reporting.comparison import COLUMNS as BESIDE
from mtdis.reporting.comparison import beside_published, by_dataset
from mtdis.reporting.statistics import CELL, variant_fields, variants
from mtdis.reporting.summaries.task_errors import column_of, losses_on_test

COLUMNS = [*CELL, "row", "column", "mean", "sd", "sd_ddof0", "n", "diverged", "failed", *BESIDE]


def loss_table(
    frame: pd.DataFrame, rows: Callable[[pd.DataFrame], pd.DataFrame], printed: pd.DataFrame
) -> pd.DataFrame:
    """One line per variant and line of `rows(losses)`, the published value beside it.

    Columns COLUMNS.

    `rows` makes lines, as `regression.loss_rows` does, of the losses of one variant; `printed` is
    of `printed_losses`.
    """
    parts = []
    for label, part in variants(frame):
        if len(losses := losses_on_test(part)):
            lines = beside_published(rows(losses), losses, printed)
            parts.append(by_dataset(lines).assign(**label))
    table = pd.concat(parts) if parts else pd.DataFrame()
    fields = variant_fields(frame) if parts else []
    return table.reindex(columns=[*fields, *COLUMNS]).reset_index(drop=True)


def printed_losses(printed: pd.DataFrame) -> pd.DataFrame:
    """Published numbers with the name of their task's column instead of its number."""
    return printed.assign(column=column_of(printed["task"])).drop(columns="task")
