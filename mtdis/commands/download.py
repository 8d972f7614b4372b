"""Fetch the files of a genuine dataset: resumed, verified, on stated terms.

Files that are there are only verified.
"""

import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from mtdis import paths
from mtdis.commands._options import json_mapping
from mtdis.data.genuine import downloads
from mtdis.errors import ConfigError
from mtdis.specs.dataset import Dataset
from mtdis.specs.genuine import GenuineGrid

GROUP = "own"


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("dataset", nargs="?", help="its name, such as shapes3d")
    parser.add_argument(
        "--spec", type=json_mapping, help='instead the dataset as JSON, such as {"name": "mpi3d"}'
    )
    parser.add_argument(
        "--out",
        type=Path,
        help=(
            "record to write (default: data/downloads/NAME.json); the files lie in the folder NAME"
        ),
    )


def run(args: Namespace) -> None:
    """Say what is fetched, from where and on which terms; then fetch it."""
    if (args.dataset is None) == (args.spec is None):
        raise ConfigError("one dataset is needed: `mtdis download shapes3d`, or its --spec.")
    spec = Dataset.from_fields(args.spec or {"name": args.dataset})
    if not isinstance(spec, GenuineGrid):
        raise ConfigError(
            f"{spec.name()} has no files to download; it is rendered, or it is your own."
        )
    print(downloads.describe(spec), file=sys.stderr)
    downloads.fetch(args.out or Path(paths.download(spec.name())), spec)
