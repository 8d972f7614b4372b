"""Print or write the JSON schema of config.yaml, by which editors complete and check it."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from mtdis.artifacts import files
from mtdis.errors import ConfigError
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
        help=f"write it for editors, in a study's folder as {DEFAULT} by default",
    )


def run(args: Namespace) -> None:
    """Print the schema, or write it and say where; ConfigError if this is not a study's folder and
    no path is given.
    """
    if args.write is None:
        print(as_text(), end="")
        return
    if args.write == DEFAULT and not DEFAULT.parent.is_dir():
        raise ConfigError(
            f"there is no folder {DEFAULT.parent}/ here, so that no config would look for"
            f" {DEFAULT}. Run it in a checkout or a folder made by `mtdis init`, or name a file:"
            " mtdis schema --write config.schema.json, and in the config's first line:"
            " # yaml-language-server: $schema=config.schema.json"
        )
    files.write_text(args.write, as_text())
    print(args.write)
