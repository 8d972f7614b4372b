"""Two studies beside each other: what of their results and configs differs."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from mtdis import paths
from mtdis.artifacts import files
from mtdis.errors import ConfigError
from mtdis.reporting.summaries.study_comparison import moved, only_in, settings_that_differ
from mtdis.specs.ids import flatten
from mtdis.study import started

TABLE = Path(paths.study_table("x"))
"""The table of a study named x, whose place within the folder of a study is the last two parts."""


def compare(one: str, other: str) -> dict[str, Any]:
    """Both studies, given by name or folder: fields of runs and entries of configs that differ,
    scores that moved and how many did not, and what only one has.

    ConfigError for what is no finished study.
    """
    folders = [_folder(one), _folder(other)]
    first, second = (files.read_frame(folder / Path(*TABLE.parts[-2:])) for folder in folders)
    lines = [_plain(line) for line in moved(first, second).to_dict("records")]
    apart = [line for line in lines if line["difference"] != 0]
    return {
        "studies": [
            {"name": folder.name, "folder": str(folder), "runs": int(frame["run"].nunique())}
            for folder, frame in zip(folders, (first, second), strict=True)
        ],
        "settings": settings_that_differ(first, second),
        "config": _configs(*map(_config, folders)),
        "moved": apart,
        "unmoved": len(lines) - len(apart),
        "only": [only_in(first, second), only_in(second, first)],
    }


def _folder(given: str) -> Path:
    """The folder of a study, by its name or by its path."""
    tried = [Path(TABLE.parts[0], TABLE.parts[1], given), Path(given)]
    for folder in tried:
        if (folder / Path(*TABLE.parts[-2:])).exists():
            return folder
    names = sorted(path.name for path in tried[0].parent.glob("*") if path.is_dir())
    raise ConfigError(
        f"no study '{given}': neither {tried[0]} nor {tried[1]} holds"
        f" {'/'.join(TABLE.parts[-2:])}. Give a name ({', '.join(names) or 'none here'}) or the"
        " folder of a study that snakemake has finished."
    )


def _config(folder: Path) -> dict[str, str] | None:
    """The entries of the config that a study was started with, as path → text; None where it is not
    known.
    """
    config = started.config_of(folder)
    return None if config is None else {path: str(value) for path, value in flatten(config)}


def _configs(
    first: Mapping[str, str] | None, second: Mapping[str, str] | None
) -> list[dict[str, Any]] | None:
    """The entries in which two configs differ; None where one of them is not there."""
    if first is None or second is None:
        return None
    return [
        {"entry": path, "first": first.get(path), "second": second.get(path)}
        for path in dict.fromkeys([*first, *second])
        if first.get(path) != second.get(path)
    ]


def _plain(line: Mapping[Any, Any]) -> dict[str, Any]:
    """A line with None for what has no number, as JSON has it."""
    return {
        str(name): None if isinstance(v, float) and math.isnan(v) else _number(v)
        for name, v in line.items()
    }


def _number(value: Any) -> Any:
    if value is pd.NA:
        return None
    return value.item() if hasattr(value, "item") else value
