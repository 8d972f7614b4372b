"""Show a run or stage: its spec, losses, scores, what made it, and where its files are; list runs.

    mtdis show                                        all runs of the study, finished ones first
    mtdis show multi_head dataset=shapes3d_rendered   those of a kind and dataset
    mtdis show multi_head dataset=shapes3d_rendered seed=1
    mtdis show 'multi_head+dataset=dsprites_rendered+seed=1'

Words are kinds, datasets and values of fields in any order, or an id, its beginning, the id before
it was shortened, or a path in results/. What several runs are is listed, a line each; what one run
is shows all of it; of one that is being trained how far it is, its losses so far, its expected end.
"""

import json
from argparse import ArgumentParser, Namespace
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from mtdis.commands._options import add_study, study_here, study_of
from mtdis.commands._text import aligned, ends, size
from mtdis.operations import listing, selection, show
from mtdis.operations.listing import Line
from mtdis.progress import duration
from mtdis.specs.ids import BETWEEN_FIELDS

GROUP = "look"

SUMMARIES = {
    "scores, over networks and metric seeds": "values",
    "what their nulls say, over networks and metric seeds": "calibrated",
}
"""Summaries of scores, by what they are headed."""


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "words",
        metavar="WORD",
        nargs="*",
        help="a kind, a field's value such as seed=1, or an id (default: all runs of the study)",
    )
    add_study(parser)
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(args: Namespace) -> None:
    """Print the description of the one run or stage, or the list of several."""
    study = study_here(args)
    if not args.words:
        lines = listing.of_study(study or study_of(args), Path())
        print(_as_json(lines) if args.json else as_list(lines))
        return
    known = show.known(study, Path())
    ids = selection.some(BETWEEN_FIELDS.join(args.words), known)
    if len(ids) == 1:
        found = show.describe(ids[0], study, Path())
        print(json.dumps(found, indent=1) if args.json else as_text(found))
        return
    lines = listing.of_ids(ids, known, Path())
    print(_as_json(lines) if args.json else as_list(lines))


def _as_json(lines: Sequence[Line]) -> str:
    return json.dumps({"runs": [asdict(line) for line in lines]}, indent=1)


def as_list(lines: Sequence[Line]) -> str:
    """A line each of the study's runs, then of what else there is, by its id; how many stand how.

    Every head of a column with a value below it is a word of this command.
    """
    paths = list(dict.fromkeys(path for line in lines for path in line.fields))
    told = [line for line in lines if line.fields]
    rows = [[line.state, *(line.fields.get(path) for path in paths)] for line in told]
    others = [[line.state, line.id] for line in lines if not line.fields]
    parts = [aligned([["state", *paths], *rows])] if rows else []
    parts += [aligned([["state", "id"], *others])] if others else []
    counts = Counter(line.state for line in lines)
    total = ", ".join(f"{count:,} {state}" for state, count in counts.items())
    return "\n\n".join([*parts, f"{total}. More words, such as seed=1, for fewer; of one, all."])


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
