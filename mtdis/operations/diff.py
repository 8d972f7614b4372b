"""Two runs or stages beside each other."""

from collections.abc import Mapping
from typing import Any

Pair = tuple[Any, Any]


def compare(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    """Ids and standings of both, the fields that differ, and all losses and scores that one of them
    has, as pairs.
    """
    fields = _pairs(one["spec"], other["spec"])
    return {
        "ids": [one["id"], other["id"]],
        "standings": [one["standing"], other["standing"]],
        "spec": {path: pair for path, pair in fields.items() if pair[0] != pair[1]},
        "losses": _pairs(_losses(one), _losses(other)),
        "scores": _pairs(_means(one), _means(other)),
    }


def _pairs(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Pair]:
    return {
        key: (one.get(key), other.get(key)) for key in [*one, *(k for k in other if k not in one)]
    }


def _losses(found: Mapping[str, Any]) -> dict[str, float | None]:
    """The mean over networks of each loss on the test split."""
    each: dict[str, list[float]] = {}
    for network in found["losses"].values():
        for name, value in network.items():
            each.setdefault(name, []).extend([] if value is None else [value])
    return {
        f"test {name}": sum(values) / len(values) if values else None
        for name, values in each.items()
    }


def _means(found: Mapping[str, Any]) -> dict[str, float | None]:
    return {name: value["mean"] for name, value in found["values"].items()}
