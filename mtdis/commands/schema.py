"""Print the JSON schema of config.yaml, which editors use to complete and check it."""

from argparse import ArgumentParser, Namespace

from mtdis.study.schema import as_text


def add_arguments(parser: ArgumentParser) -> None:
    """No options."""
    del parser


def run(args: Namespace) -> None:
    """Print the schema."""
    del args
    print(as_text(), end="")
