"""List the damaged results, which `mtdis doctor --results` names; delete their records with --yes.

    mtdis retry --damaged --yes && snakemake

The next snakemake makes anew what has no record. Arrays and scores that are sound stay.
"""

import json
from argparse import ArgumentParser, Namespace
from dataclasses import asdict
from pathlib import Path

from mtdis.operations.retry import Retried, retry_damaged

GROUP = "study"


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the options."""
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument(
        "--damaged", action="store_true", help="results that are not what their record sealed"
    )
    parser.add_argument("--yes", action="store_true", help="delete what is listed")
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(args: Namespace) -> None:
    """List, and with --yes delete."""
    found = retry_damaged(Path(), delete=args.yes)
    if args.json:
        each = [asdict(one) | {"path": str(one.path)} for one in found]
        print(json.dumps({"files": each, "deleted": args.yes}, indent=1))
    else:
        print(as_text(found, deleted=args.yes))


def as_text(found: list[Retried], deleted: bool) -> str:
    """The list for people, and what to do next."""
    if not found:
        return "nothing is damaged"
    lines = [
        f"left alone: {one.path}: {one.left}" if one.left else f"{one.path}\n  {one.why}"
        for one in found
    ]
    count = sum(not one.left for one in found)
    then = (
        "deleted; snakemake makes their results anew"
        if deleted
        else "to be deleted; mtdis retry --damaged --yes deletes them"
    )
    return "\n".join([*lines, f"{count:,} files {then}"])
