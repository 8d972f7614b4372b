"""Draw one figure from an experiment's long table: pdf and png."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from mtdis import discover
from mtdis.artifacts import shown
from mtdis.commands._shown import add_shown, shown_by
from mtdis.reporting.drawing.style import settings

GROUP = "step"


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "--name", required=True, help="name of the figure: a file in mtdis/reporting/figures"
    )
    add_shown(parser)
    parser.add_argument(
        "--out", type=Path, required=True, help="pdf to write; a png lies beside it"
    )


def run(args: Namespace) -> None:
    """Draw the figure and write it in both forms."""
    module = discover.load("mtdis.reporting.figures", args.name, "figure")
    read = shown_by(module, args)
    with settings():
        shown.write_figure(args.out, module.draw(*read.given), read.files)
