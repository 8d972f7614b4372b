"""Write what runs a study into a folder: Snakefile, workflow/, config.yaml, profiles/.

    mtdis init mine
    cd mine && snakemake -n --workflow-profile profiles/demo

For an installation without a checkout; in a checkout they lie at its root. Nothing that is there
already is overwritten.
"""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from mtdis.operations import workflow_files

GROUP = "study"


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the option."""
    parser.add_argument("folder", metavar="FOLDER", type=Path, help="made if it is not there")


def run(args: Namespace) -> None:
    """Write the files and say how to go on."""
    written = workflow_files.write(args.folder)
    print(f"{len(written)} files in {args.folder}")
    print(f"cd {args.folder} && snakemake -n --workflow-profile profiles/demo")
