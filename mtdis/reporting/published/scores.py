"""The numbers that the paper prints, typed into published.csv: what every table shows beside its
own.
"""

from functools import cache
from importlib.resources import files

import pandas as pd

from mtdis.errors import ArtifactError

TYPES = {
    "table": "str",
    "page": "str",
    "dataset": "str",
    "metric": "str",
    "key": "str",
    "row": "str",
    "task": "Int64",
    "mean": "float64",
    "sd": "float64",
    "sd_ddof": "Int64",
    "reading": "str",
}
"""Columns of the file. `task` is the task of a loss (from 1), empty for a mean over tasks and for
scores.
"""
MAY_BE_EMPTY = ("task", "sd", "sd_ddof")
IDENTITY = ["table", "dataset", "metric", "key", "row", "task"]
GENUINE = {"dsprites": "dSprites", "shapes3d": "Shapes3D", "mpi3d_real": "MPI3D"}
"""Our names of the paper's own datasets. MPI3D comes in several variants; the paper's is the real
one.
"""


def numbers(*tables: str) -> pd.DataFrame:
    """The printed numbers of tables with all their parts: `numbers("5")` holds those of 5a to 5f.

    The columns of the file, and `digits`: how many decimals of the mean are printed.
    """
    everything = _read()
    chosen = everything[everything["table"].str.rstrip("abcdef").isin(tables)]
    return chosen.reset_index(drop=True)


def printed_name(dataset: str, replica_of: str) -> str:
    """The paper's name of the dataset that a dataset is or stands for; empty if it has none."""
    return replica_of or GENUINE.get(dataset, "")


def dataset_order(frame: pd.DataFrame) -> list[str]:
    """The datasets of a frame with `dataset` and `replica_of`, in the paper's order; others last,
    by name.
    """
    places = {name: place for place, name in enumerate(GENUINE.values())}
    pairs = frame[["dataset", "replica_of"]].drop_duplicates().itertuples(index=False, name=None)
    ranked = {
        dataset: places.get(printed_name(dataset, replica), len(places))
        for dataset, replica in pairs
    }
    return sorted(ranked, key=lambda dataset: (ranked[dataset], dataset))


def read_text() -> pd.DataFrame:
    """The file as it stands, every cell as text."""
    with (
        files("mtdis.reporting.published").joinpath("published.csv").open(encoding="utf-8") as file
    ):
        return pd.read_csv(file, dtype=str, keep_default_na=False)


def typed(text: pd.DataFrame) -> pd.DataFrame:
    """The file's text as numbers, each there once and possible; ArtifactError otherwise."""
    if list(text.columns) != list(TYPES):
        raise _damaged(f"columns {list(TYPES)} were expected, {list(text.columns)} found")
    known = {column: text[column].where(text[column] != "") for column in MAY_BE_EMPTY}
    try:
        # By way of floats: an integer column with gaps does not take text.
        frame = text.assign(**known).astype(dict.fromkeys(MAY_BE_EMPTY, "float64")).astype(TYPES)
    except (ValueError, TypeError) as error:
        raise _damaged(str(error)) from None
    _check(frame)
    return frame.assign(digits=text["mean"].str.partition(".")[2].str.len())


@cache
def _read() -> pd.DataFrame:
    return typed(read_text())


def _check(frame: pd.DataFrame) -> None:
    if (twice := frame.loc[frame.duplicated(IDENTITY), IDENTITY]).size:
        raise _damaged(f"{twice.iloc[0].tolist()} stands there twice")
    spread = frame["sd"].notna()
    if frame["mean"].isna().any() or not frame.loc[spread, "sd"].ge(0).all():
        raise _damaged("every mean must be a number, every sd at least 0 or empty")
    if not frame["sd_ddof"].isin([0, 1]).eq(spread).all():
        raise _damaged("sd_ddof must be 0 or 1 where there is an sd, and empty where there is none")
    if not frame["task"].dropna().ge(1).all():
        raise _damaged("tasks are counted from 1")


def _damaged(reason: str) -> ArtifactError:
    return ArtifactError(
        f"mtdis/reporting/published/published.csv: {reason}. Restore the file from the repository."
    )
