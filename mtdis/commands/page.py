"""Make the page of a study: one file that opens from disk and asks no network.

With --partial of what is finished so far, as a study with failed jobs is; it lies in
results/studies/<name>/partial.
"""

import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from mtdis import paths
from mtdis.commands._options import add_study, own_study

GROUP = "study"


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the options."""
    add_study(parser)
    parser.add_argument("--partial", action="store_true", help="of what is finished so far")
    parser.add_argument(
        "--out", type=Path, help="file to write (default: index.html of the study's folder)"
    )


def run(args: Namespace) -> None:
    """Write the page and say where it lies, and on stderr what it could not show."""
    from mtdis.operations.study_page import write_page

    study = own_study(args)
    page = Path(paths.page(study.name))
    place = Path(paths.partial(study.name), page.name) if args.partial else page
    out = args.out or place
    for problem in write_page(study, out, args.partial):
        print(problem, file=sys.stderr)
    print(out)
