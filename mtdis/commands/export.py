"""Write a finished study as one zip for others: a Workflow Run RO-Crate.

    mtdis export demo

In it are the long table, all tables and figures, the records of datasets, runs and stages, a sample
of codes, the config, the workflow, licences, and BibTeX of everything used. Every part is checked
against its checksum first. The same results give the same bytes.
"""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from mtdis import paths
from mtdis.commands._options import add_study, study_called
from mtdis.commands._text import aligned, size
from mtdis.errors import ConfigError

GROUP = "look"


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("name", metavar="NAME", help="name of a study that was started here")
    add_study(parser)
    parser.add_argument(
        "--codes",
        type=int,
        default=100,
        metavar="N",
        help="images of each network whose codes are in it (default 100; 0: no codes)",
    )
    parser.add_argument(
        "--author", default="", metavar="NAME", help="who ran the study, if it is to be said"
    )
    parser.add_argument(
        "--out", type=Path, help="file to write (default: export/results.zip of the study's folder)"
    )


def run(args: Namespace) -> None:
    """Write the zip and say what is in it and where it lies."""
    from mtdis.operations.export import export, sizes

    study = study_called(args, args.name)
    if args.codes < 0:
        raise ConfigError(f"--codes {args.codes}: 0 or more images are possible.")
    out = args.out or Path(paths.exported(study.name))
    written = export(study, out, args.codes, args.author)
    lines = [(folder, count, size(total)) for folder, count, total in sizes(written)]
    print(aligned([("in it", "files", "unpacked"), *lines]))
    print(f"{out}, {size(out.stat().st_size)}")
