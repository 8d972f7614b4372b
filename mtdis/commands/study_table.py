"""Join the long tables of a study's experiments: each row once, with the experiments that want it."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from mtdis import artifacts, long_table


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--long", type=Path, nargs="+", required=True, help="long tables of the experiments")
    parser.add_argument("--out", type=Path, required=True, help="parquet file to write; a csv lies beside it")


def run(args: Namespace) -> None:
    """Join the tables."""
    frame = long_table.join_experiments(artifacts.read_frame(path) for path in args.long)
    artifacts.write_frame(args.out, frame)
    artifacts.write_frame(args.out.with_suffix(".csv"), frame)
