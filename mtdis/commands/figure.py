"""Draw one figure from an experiment's long table: pdf and png."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from mtdis import discover
from mtdis.artifacts import shown
from mtdis.commands._shown import inputs
from mtdis.reporting.drawing.style import settings


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "--name", required=True, help="name of the figure: a file in mtdis/reporting/figures"
    )
    parser.add_argument("--long", type=Path, required=True, help="long table of the experiment")
    parser.add_argument(
        "--stages", type=Path, nargs="*", default=[], help="records of the stages that it shows"
    )
    parser.add_argument(
        "--out", type=Path, required=True, help="pdf to write; a png lies beside it"
    )


def run(args: Namespace) -> None:
    """Draw the figure and write it in both forms."""
    module = discover.load("mtdis.reporting.figures", args.name, "figure")
    given = inputs(module, args.long, args.stages)
    with settings():
        figure = module.draw(*given)
        shown.write_figure(args.out, figure, [args.long, *args.stages])
