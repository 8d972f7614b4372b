"""The layers that the paper prints, typed into published_layers.csv: what Tables 2 and 3 show
beside ours.
"""

from functools import cache
from importlib.resources import files
from typing import Any

import pandas as pd

from mtdis.reporting.summaries.architecture import Layer

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


def beside(layers: tuple[Layer, ...], printed: pd.DataFrame) -> list[dict[str, Any] | None]:
    """The printed line of each layer: in their order from the first, and the last beside the
    last.
    """
    lines: list[dict[str, Any]] = [
        {str(k): v for k, v in line.items()} for line in printed.to_dict("records")
    ]
    if not lines:
        return [None] * len(layers)
    first = lines[:-1][: len(layers) - 1]
    return [*first, *[None] * (len(layers) - 1 - len(first)), lines[-1]]


def words(line: dict[str, Any]) -> str:
    """A printed line in words: `Conv2d, kernel 4, stride 2, outputs 32, ReLU`."""
    numbers = [
        f"{name} {line[name]}"
        for name in ("kernel", "stride", "outputs")
        if not pd.isna(line[name])
    ]
    activation = [] if line["activation"] == "none" else [str(line["activation"])]
    return ", ".join([str(line["layer"]), *numbers, *activation])


def differences(layer: Layer, line: dict[str, Any]) -> list[str]:
    """In what a layer differs from a printed line: `layer`, `kernel`, `stride`, `outputs`,
    `non-linearity`.
    """
    ours = {
        "layer": layer.name,
        "kernel": layer.kernel,
        "stride": layer.stride,
        "outputs": layer.output[0],
        "activation": layer.activation or "none",
    }
    found = [
        name for name, value in ours.items() if not pd.isna(line[name]) and line[name] != value
    ]
    return [name.replace("activation", "non-linearity") for name in found]
