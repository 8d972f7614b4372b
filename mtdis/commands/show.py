"""Show a run or stage: its spec, losses, scores, what made it, and where its files are.

    mtdis show 'multi_head+dataset=dsprites_rendered+seed=1'

A beginning that only one id has will do, so will the id before it was shortened, or a path in
results/.
"""

import json
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mtdis.commands._options import add_study, study_here
from mtdis.commands._text import aligned, duration, size
from mtdis.operations.show import describe


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("run", help="id of a run or stage, or its beginning")
    add_study(parser)
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(args: Namespace) -> None:
    """Print its description."""
    found = describe(args.run, study_here(args), Path())
    print(json.dumps(found, indent=1) if args.json else as_text(found))


def as_text(found: Mapping[str, Any]) -> str:
    """One run or stage for people."""
    parts = [f"{found['id']}\n{found['standing']}{found['problem'] and ': ' + found['problem']}"]
    parts.append("spec\n" + aligned([["field", "value"], *found["spec"].items()], 2))
    if found["execution"]:
        parts.append("execution\n" + aligned(_execution(found["execution"]), 2))
    if found["losses"]:
        parts.append(
            "losses on the test split, mean over heads\n" + aligned(_losses(found["losses"]), 2)
        )
    if found["values"]:
        parts.append(
            "scores, over networks and metric seeds\n" + aligned(_values(found["values"]), 2)
        )
    parts += [f"failed: {error}" for error in found["errors"]]
    files = [
        [path, "not there" if held is None else size(held)] for path, held in found["files"].items()
    ]
    return "\n\n".join([*parts, "files\n" + aligned([["path", "size"], *files], 2)])


def _execution(about: Mapping[str, Any]) -> list[list[str]]:
    rows = {
        name: value
        for name, value in about.items()
        if not isinstance(value, Mapping) and value != ""
    }
    if "seconds" in rows:
        rows["seconds"] = f"{rows['seconds']} ({duration(rows['seconds'])})"
    versions = ", ".join(f"{name} {version}" for name, version in about.get("versions", {}).items())
    return [[name, str(value)] for name, value in rows.items()] + [["versions", versions]]


def _losses(networks: Mapping[str, Mapping[str, float | None]]) -> list[list[Any]]:
    names = list(dict.fromkeys(name for losses in networks.values() for name in losses))
    return [
        ["network", *names],
        *([network, *(losses.get(n) for n in names)] for network, losses in networks.items()),
    ]


def _values(values: Mapping[str, Mapping[str, Any]]) -> list[list[Any]]:
    head = ["score", "mean", "lowest", "highest", "n"]
    return [
        head,
        *(
            [name, *(v[k] for k in ("mean", "lowest", "highest", "n"))]
            for name, v in values.items()
        ),
    ]
