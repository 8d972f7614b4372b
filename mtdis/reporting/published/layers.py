"""The layers that the paper prints, typed into published_layers.csv, for Tables 2 and 3."""

from functools import cache
from importlib.resources import files
from typing import Any

import pandas as pd

TYPES = {
    "table": "str",
    "page": "str",
    "part": "str",
    "place": "int64",
    "layer": "str",
    "kernel": "Int64",
    "stride": "Int64",
    "outputs": "Int64",
    "activation": "str",
    "reading": "str",
}
"""Columns of the file. `outputs` is empty where the paper prints a word; `reading` says how a line
is understood.
"""


@cache
def printed_layers(table: str) -> pd.DataFrame:
    """The lines of one table, in the order of the file; columns TYPES."""
    with (
        files("mtdis.reporting.published")
        .joinpath("published_layers.csv")
        .open(encoding="utf-8") as file
    ):
        frame = pd.read_csv(file, dtype=TYPES).fillna({"reading": ""})
    return frame[frame["table"] == table].reset_index(drop=True)


def words(line: dict[str, Any]) -> str:
    """A printed line in words: `Conv2d, kernel 4, stride 2, outputs 32, ReLU`."""
    numbers = [
        f"{name} {line[name]}"
        for name in ("kernel", "stride", "outputs")
        if not pd.isna(line[name])
    ]
    activation = [] if line["activation"] == "none" else [str(line["activation"])]
    return ", ".join([str(line["layer"]), *numbers, *activation])
