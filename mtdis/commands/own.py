"""Look into own/LABEL, your images and their factor table, check them, and print their entry for
the config.

The folder own/LABEL of the working folder (or a link) holds the images: a folder of pngs, or an h5,
npz or npy file with an array `images`, uint8, (N, H, W) or (N, H, W, 1 to 4 channels), 8, 16, 32,
64 or 128 pixels a side; and a csv or parquet table with a row per image: a column per factor with
its classes (whole numbers, or labels, sorted as text); if need be, `<factor>_value` with a raw
value per class; for pngs, `image` with the file's name.
"""

import re
from argparse import ArgumentParser, Namespace
from pathlib import Path
from textwrap import indent

from mtdis.data.own.folder import entry, examine, find_images, find_table, folder_of, remarks
from mtdis.errors import ConfigError
from mtdis.specs.datasets.own import FILE

GROUP = "own"


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "label", metavar="LABEL", help="folder of own/ that holds images and factor table"
    )
    parser.add_argument("--images", help="in that folder, the images; needed if there are several")
    parser.add_argument(
        "--table", help="in that folder, the factor table; needed if there are several"
    )
    parser.add_argument(
        "--factors",
        nargs="+",
        metavar="COLUMN",
        help="columns that are factors (default: all but those that number or name the rows)",
    )


def run(args: Namespace) -> None:
    """Print the entry, below comments on what was found."""
    working = Path()
    _check_name("label", args.label)
    folder = folder_of(working, args.label)
    images, table = args.images or find_images(folder), args.table or find_table(folder)
    _check_name("images", images)
    _check_name("table", table)
    data = examine(working, args.label, images, table, args.factors)
    for remark in remarks(data):
        print(indent(remark, "# "))
    print(entry(data.spec), end="")


def _check_name(what: str, name: str) -> None:
    """Refuse a name that the entry could not hold, before all files are read: ConfigError."""
    if not re.fullmatch(FILE, name):
        raise ConfigError(
            f"{what} '{name}' can't stand in a config: a name without a folder is needed, a letter"
            " or digit and then up to 99 letters, digits, '.', '_' and '-'. Rename the file or"
            " folder, or link it under such a name."
        )
