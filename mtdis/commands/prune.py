"""List the results that no config wants, with their sizes; delete them with --yes.

    mtdis prune --protect workflow/configs/demo.yaml

Everything that a config names is wanted, selected or not, and everything of the studies that were
started here: of each the config it was last started with, which lies in its folder in
results/studies. To give one up, delete that folder. Links, folders with files that mtdis did
not write, and records of unknown format are named and left alone.
"""

import json
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mtdis.commands._options import (
    DEFAULT,
    add_study,
    config_of,
    is_named,
    laid_over_default,
)
from mtdis.commands._text import aligned, size
from mtdis.operations.prune import UNSEEN, Found, Kept, Unwanted, prune
from mtdis.study import Study
from mtdis.study.started import started

GROUP = "study"


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the options."""
    add_study(parser)
    parser.add_argument(
        "--protect",
        type=Path,
        nargs="+",
        action="append",
        default=[],
        metavar="CONFIG",
        help=(
            "the config files, laid over config.yaml, of another study whose results stay; may be"
            " repeated"
        ),
    )
    parser.add_argument("--data", action="store_true", help="datasets and targets, too")
    parser.add_argument("--yes", action="store_true", help="delete what is listed")
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(args: Namespace) -> None:
    """List, and with --yes delete."""
    here = [] if not is_named(args) and started(Path()) and not DEFAULT.exists() else [args]
    configs = [*map(config_of, here), *map(laid_over_default, args.protect)]
    # all experiments: `select` says what is built now, not what is wanted
    whole = [Study.from_config({**config, "select": None}) for config in configs]
    studies = [*whole, *(one.study() for one in started(Path()))]
    found = prune(studies, Path(), with_data=args.data, delete=args.yes)
    listing = as_json(found, deleted=args.yes)
    print(json.dumps(listing, indent=1) if args.json else as_text(listing))


def as_json(found: Sequence[Found], deleted: bool) -> dict[str, Any]:
    """The list as JSON: what is unwanted and how much that is, what is left alone."""
    unwanted = [one for one in found if isinstance(one, Unwanted)]
    return {
        "unwanted": [
            {"path": str(one.path), "reason": one.reason, "bytes": one.bytes} for one in unwanted
        ],
        "left_alone": [
            {"path": str(one.path), "reason": one.reason} for one in found if isinstance(one, Kept)
        ],
        "bytes": sum(one.bytes for one in unwanted),
        "deleted": deleted,
    }


def as_text(listing: dict[str, Any]) -> str:
    """The list for people, the largest last, where the eye is."""
    lines = [f"left alone: {one['path']}: {one['reason']}" for one in listing["left_alone"]]
    unwanted = sorted(listing["unwanted"], key=lambda one: one["bytes"])
    if not unwanted:
        seen = all(one["reason"] != UNSEEN for one in listing["left_alone"])
        which = "every result" if seen else "every result that was looked at"
        return "\n".join([*lines, f"nothing to prune: {which} is wanted by a config"])
    rows = [[size(one["bytes"]), one["reason"], one["path"]] for one in unwanted]
    lines.append(aligned([["size", "why", "path"], *rows]))
    done = "deleted" if listing["deleted"] else "to be deleted; mtdis prune --yes deletes them"
    return "\n".join([*lines, f"{len(unwanted):,} results, {size(listing['bytes'])} {done}"])
