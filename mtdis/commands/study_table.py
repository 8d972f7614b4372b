"""Join the long tables of a study's experiments: each row once, with the experiments that want
it.
"""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from mtdis.reporting import long_table_files

GROUP = "step"


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "--long", type=Path, nargs="+", required=True, help="long tables of the experiments"
    )
    parser.add_argument(
        "--out", type=Path, required=True, help="parquet file to write; a csv lies beside it"
    )


def run(args: Namespace) -> None:
    """Join the tables."""
    long_table_files.join(args.out, args.long)
