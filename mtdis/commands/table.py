"""Make one table of the paper from an experiment's long table: csv, markdown, LaTeX and HTML."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from mtdis import discover
from mtdis.artifacts import shown
from mtdis.commands._shown import inputs
from mtdis.reporting.formats import texts


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "--name", required=True, help="name of the table: a file in mtdis/reporting/tables"
    )
    parser.add_argument("--long", type=Path, required=True, help="long table of the experiment")
    parser.add_argument(
        "--stages", type=Path, nargs="*", default=[], help="records of the stages that it shows"
    )
    parser.add_argument(
        "--out", type=Path, required=True, help="csv to write; .md, .tex and .html lie beside it"
    )


def run(args: Namespace) -> None:
    """Write the table in all its forms."""
    module = discover.load("mtdis.reporting.tables", args.name, "table")
    given = inputs(module, args.long, args.stages)
    table = module.make(*given)
    forms = texts(table, module.CAPTION)
    shown.write_table(args.out, table, forms, [args.long, *args.stages])
