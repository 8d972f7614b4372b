"""Advice for factors that are measurements: metrics need classes, each of several images."""

from pathlib import Path

from mtdis.data.own.columns import NUMBER, Column
from mtdis.pasting import shell

ROWS_PER_CLASS = 5
"""Fewer rows than this per value, on average, and a column of fractions is taken for a
measurement."""
BINS = 10


def is_measurement(column: Column) -> bool:
    """Return whether a column has fractions, and hardly a value twice."""
    few = len(column.places) < ROWS_PER_CLASS * len(column.words)
    return few and any(
        NUMBER.fullmatch(word) and not float(word).is_integer() for word in column.words
    )


def advice(path: str, name: str, column: Column) -> str:
    """How to make classes of a column of numbers that are not whole, as lines of Python; the
    table that they write lies beside the one that they read.
    """
    suffix = "parquet" if path.endswith(".parquet") else "csv"
    made = f"{path.removesuffix(f'.{suffix}')}_classes.{suffix}"
    write = "t.to_parquet" if suffix == "parquet" else "t.to_csv"
    column_, value = repr(name), repr(f"{name}_value")
    if is_measurement(column):
        why = (
            "It looks like a measurement: metrics compare images of one class with others, so each"
            f" class needs several images. Bin it, here into {BINS} classes of about as many rows"
        )
        classes = f"pd.qcut(t[{column_}], {BINS}, labels=False, duplicates='drop')"
    else:
        why = "Number the classes"
        classes = f"pd.factorize(t[{column_}], sort=True)[0]"
    return (
        f"{why}, with raw values in a column {value}:\n"
        f"  import pandas as pd; t = pd.read_{suffix}({path!r})\n"
        f"  c = {classes}; t[{value}] = t[{column_}].groupby(c).transform('mean')\n"
        f"  t[{column_}] = c; {write}({made!r}, index=False)\n"
        f"and name the table so made: {shell('--table', Path(made).name)}"
    )
