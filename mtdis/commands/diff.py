"""Compare two runs or stages: the fields in which their specs differ, and their losses and scores
side by side.

    mtdis diff 'multi_head+dataset=dsprites_rendered+seed=1'
    'one_head+dataset=dsprites_rendered+seed=1'

Of several networks the mean is compared. A beginning that only one id has will do.
"""

import json
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mtdis.commands._options import add_study, study_here
from mtdis.commands._text import aligned
from mtdis.operations.show import account, one_id

Pair = tuple[Any, Any]


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("one", metavar="RUN", help="id of a run or stage, or its beginning")
    parser.add_argument("other", metavar="RUN", help="the one it is compared with")
    add_study(parser)
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(args: Namespace) -> None:
    """Print the differences."""
    study = study_here(args)
    one, other = (
        account(one_id(text, study, Path()), study, Path()) for text in (args.one, args.other)
    )
    found = compare(one, other)
    print(json.dumps(found, indent=1) if args.json else as_text(found))


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


def as_text(found: Mapping[str, Any]) -> str:
    """Two runs beside each other for people."""
    heads = [
        f"{letter}  {i} ({s})"
        for letter, i, s in zip("AB", found["ids"], found["standings"], strict=True)
    ]
    parts = ["\n".join(heads)]
    fields = [[path, *map(_or_none, pair)] for path, pair in found["spec"].items()]
    parts.append(aligned([["field", "A", "B"], *fields]) if fields else "the specs are equal")
    numbers = {**found["losses"], **found["scores"]}
    rows = [
        [name, a, b, None if a is None or b is None else b - a] for name, (a, b) in numbers.items()
    ]
    parts.append(
        aligned([["mean over networks", "A", "B", "B − A"], *rows])
        if rows
        else "neither has losses or scores"
    )
    return "\n\n".join(parts)


def _or_none(value: Any) -> Any:
    return "not read" if value is None else value
