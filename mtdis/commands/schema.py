"""Print or write the JSON schema of config.yaml, by which editors complete and check it."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from mtdis.artifacts import files
from mtdis.study.schema import as_text

GROUP = "study"

DEFAULT = Path("workflow/config.schema.json")
"""Where the shipped configs tell editors to look."""


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "--write",
        nargs="?",
        type=Path,
        const=DEFAULT,
        metavar="PATH",
        help=f"write it for editors instead of printing it; {DEFAULT} by default",
    )


def run(args: Namespace) -> None:
    """Print the schema, or write it."""
    if args.write is None:
        print(as_text(), end="")
    else:
        files.write_text(args.write, as_text())
