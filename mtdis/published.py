"""The numbers that the paper prints, typed into published.csv: what every table shows beside its own."""

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
    "mean": "float64",
    "sd": "float64",
    "sd_ddof": "int64",
    "reading": "str",
}
IDENTITY = ["table", "dataset", "metric", "key", "row"]
GENUINE = {"dsprites": "dSprites", "shapes3d": "Shapes3D", "mpi3d_real": "MPI3D"}
"""Our names of the paper's own datasets. MPI3D comes in several variants; the paper's is the real one."""


def numbers(table: str) -> pd.DataFrame:
    """The printed numbers of one table with all its parts: `numbers("5")` holds those of 5a to 5f."""
    everything = _read()
    chosen = everything[everything["table"].str.rstrip("abcdef") == table]
    return chosen.reset_index(drop=True)


def printed_name(dataset: str, replica_of: str) -> str:
    """The paper's name of the dataset that a dataset is or stands for; empty if the paper has none."""
    return replica_of or GENUINE.get(dataset, "")


def typed(text: pd.DataFrame) -> pd.DataFrame:
    """The file's text as numbers, each there once and possible; ArtifactError otherwise."""
    if list(text.columns) != list(TYPES):
        raise _damaged(f"columns {list(TYPES)} were expected, {list(text.columns)} found")
    try:
        frame = text.astype(TYPES)
    except ValueError as error:
        raise _damaged(str(error)) from None
    if (twice := frame.loc[frame.duplicated(IDENTITY), IDENTITY]).size:
        raise _damaged(f"{twice.iloc[0].tolist()} stands there twice")
    if frame["mean"].isna().any() or not frame["sd"].ge(0).all() or not frame["sd_ddof"].isin([0, 1]).all():
        raise _damaged("every mean must be a number, every sd at least 0, every sd_ddof 0 or 1")
    return frame


@cache
def _read() -> pd.DataFrame:
    with files("mtdis").joinpath("published.csv").open(encoding="utf-8") as file:
        return typed(pd.read_csv(file, dtype=str, keep_default_na=False))


def _damaged(reason: str) -> ArtifactError:
    return ArtifactError(f"mtdis/published.csv: {reason}. Restore the file from the repository.")
