"""Make one table of the paper from an experiment's long table: csv, markdown, LaTeX and HTML."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from mtdis import discover
from mtdis.artifacts import shown
from mtdis.commands._shown import add_shown, shown_by
from mtdis.reporting.formats import texts

GROUP = "step"


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "--name", required=True, help="name of the table: a file in mtdis/reporting/tables"
    )
    add_shown(parser)
    parser.add_argument(
        "--out", type=Path, required=True, help="csv to write; .md, .tex and .html lie beside it"
    )


def run(args: Namespace) -> None:
    """Write the table in all its forms."""
    module = discover.load("mtdis.reporting.tables", args.name, "table")
    read = shown_by(module, args)
    table = module.make(*read.given)
    shown.write_table(args.out, table, texts(table, module.CAPTION), read.files)
