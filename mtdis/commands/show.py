"""Show a run or stage: its spec, losses, scores, what made it, and where its files are.

Of one that is being trained: how far it is, its losses so far, its expected end.

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
from mtdis.commands._text import aligned, ends, size
from mtdis.operations.show import describe
from mtdis.progress import duration

GROUP = "look"

SUMMARIES = {
    "scores, over networks and metric seeds": "values",
    "what their nulls say, over networks and metric seeds": "calibrated",
}
"""Summaries of scores, by what they are headed."""


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
    if said := found["expected"]:
        parts.append("expected of the codes by theory\n" + aligned([*map(list, said.items())], 2))
    if about := found["execution"]:
        made = {k: v for k, v in about.items() if not isinstance(v, Mapping) and v != ""}
        if "seconds" in made:
            made["seconds"] = f"{made['seconds']} ({duration(made['seconds'])})"
        versions = (f"{name} {version}" for name, version in about.get("versions", {}).items())
        made["versions"] = ", ".join(versions)
        table = aligned([[name, str(value)] for name, value in made.items()], 2)
        parts.append(f"execution\n{table}")
    if about := found["training"]:
        parts.append(_training(about))
    if losses := found["losses"]:
        names = list(dict.fromkeys(name for each in losses.values() for name in each))
        rows = [[network, *(each.get(n) for n in names)] for network, each in losses.items()]
        table = aligned([["network", *names], *rows], 2)
        parts.append(f"losses on the test split, mean over heads\n{table}")
    for title, name in SUMMARIES.items():
        if found[name]:
            columns = ("mean", "lowest", "highest", "n")
            rows = [[key, *(each[c] for c in columns)] for key, each in found[name].items()]
            parts.append(f"{title}\n" + aligned([["score", *columns], *rows], 2))
    parts += [f"failed: {error}" for error in found["errors"]]
    files = [
        [path, "not there" if held is None else size(held)] for path, held in found["files"].items()
    ]
    return "\n\n".join([*parts, "files\n" + aligned([["path", "size"], *files], 2)])


def _training(about: Mapping[str, Any]) -> str:
    """How far a training is, for people."""
    rows = [["epochs that have ended", f"{about['epoch']} of {about['epochs']}"]]
    if about["images_per_second"] is not None:
        rows.append(["images/s", f"{about['images_per_second']:,.0f}"])
    if about["ends"] is not None:
        rows.append(["expected end", ends(about["ends"])])
    text = "training\n" + aligned(rows, 2)
    if not about["losses"]:
        return text
    head = ["network", "epoch", "training loss", "at the first"]
    losses = [
        [n, each["epoch"], each["last"], each["first"]] for n, each in about["losses"].items()
    ]
    return f"{text}\n\nlosses so far\n" + aligned([head, *losses], 2)
