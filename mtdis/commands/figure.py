"""Draw one figure from an experiment's long table: pdf and png."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from mtdis import artifacts, discover
from mtdis.style import settings


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--name", required=True, help="name of the figure: a file in mtdis/figures")
    parser.add_argument("--long", type=Path, required=True, help="long table of the experiment")
    parser.add_argument("--out", type=Path, required=True, help="pdf to write; a png lies beside it")


def run(args: Namespace) -> None:
    """Draw the figure and write it in both forms."""
    module = discover.load("mtdis.figures", args.name, "figure")
    with settings():
        figure = module.draw(artifacts.read_frame(args.long))
        artifacts.write_figure(args.out.with_suffix(".png"), figure)
        artifacts.write_figure(args.out, figure)
