"""Compare two runs or stages: the fields in which their specs differ, and their losses and scores
side by side.

    mtdis diff 'multi_head+dataset=dsprites_rendered+seed=1'
    'one_head+dataset=dsprites_rendered+seed=1'

Of several networks the mean is compared. What only one run is will do, as for mtdis show:
'multi_head seed=1'.
"""

import json
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mtdis.commands._options import add_study, study_here
from mtdis.commands._text import aligned
from mtdis.operations import selection, show
from mtdis.operations.diff import compare

GROUP = "look"


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("one", metavar="RUN", help="id of a run or stage, or its beginning")
    parser.add_argument("other", metavar="RUN", help="the one it is compared with")
    add_study(parser)
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(args: Namespace) -> None:
    """Print the differences."""
    study = study_here(args)
    known = show.known(study, Path())
    ids = [selection.resolve(text, known) for text in (args.one, args.other)]
    found = compare(*(show.describe(i, study, Path()) for i in ids))
    print(json.dumps(found, indent=1) if args.json else as_text(found))


def as_text(found: Mapping[str, Any]) -> str:
    """Two runs beside each other for people."""
    heads = [
        f"{letter}  {i} ({s})"
        for letter, i, s in zip("AB", found["ids"], found["standings"], strict=True)
    ]
    parts = ["\n".join(heads)]
    fields = [
        [path, *("not read" if value is None else value for value in pair)]
        for path, pair in found["spec"].items()
    ]
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
