"""The dimensions of a study: the fields by which its runs are told apart."""

from collections.abc import Iterable, Mapping
from typing import Any

from mtdis.specs.base import Spec
from mtdis.specs.ids import flatten
from mtdis.specs.run import Run

NOT_READ = "not read"
"""Stands for the value of a field that a kind does not have."""
APART = ("kind", "dataset")
"""What runs are told apart by before their settings."""


def ids_by_value(runs: Mapping[str, Run]) -> dict[str, dict[str, list[str]]]:
    """The runs' ids by the value of kind, dataset and each field that varies on one dataset; none
    of a field of which there is one value.
    """
    found = {}
    for path in _swept(runs.values()):
        values: dict[str, list[str]] = {}
        for i, run in runs.items():
            values.setdefault(_value(run, path), []).append(i)
        if len(values.keys() - {NOT_READ}) > 1:
            found[path] = values
    return found


def _swept(runs: Iterable[Run]) -> list[str]:
    """The fields in which runs of one kind on one dataset differ, in the specs' order, and what
    tells these apart.
    """
    groups: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for run in runs:
        groups.setdefault((run.name(), run.dataset.title), []).append(dict(flatten(run.elided())))
    paths_of_all = dict.fromkeys(
        path for each in groups.values() for fields in each for path in fields
    )
    return [
        p for p in paths_of_all if p in APART or any(_varies(p, each) for each in groups.values())
    ]


def _varies(path: str, each: Iterable[Mapping[str, Any]]) -> bool:
    """Return whether runs differ in a field; one that is at its default has no entry."""
    return (
        path.rpartition(".")[2] != "version" and len({str(fields.get(path)) for fields in each}) > 1
    )


def _value(run: Run, path: str) -> str:
    """The value of a field as text, `not read` by kinds without it."""
    value: Any = run
    for name in path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else getattr(value, name, None)
    if path == "kind":
        return run.name()
    if value is None:
        return NOT_READ
    if isinstance(value, Spec):
        return value.name()
    return " ".join(map(str, value)) if isinstance(value, tuple) else str(value)
