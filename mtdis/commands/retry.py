"""List results that are to be made anew: damaged, failed, diverged, of an experiment, of a run;
take them back with --yes.

    mtdis retry --failed --yes && snakemake

What is taken back is the record, or the index of scores; the next snakemake makes what has none.
With a run go the indexes of its scores, and the stages that stand on it. Sound scores are taken
over where the codes are the same.
"""

import json
from argparse import ArgumentParser, Namespace
from dataclasses import asdict
from pathlib import Path

from mtdis.commands._options import add_study, study_of
from mtdis.errors import ConfigError, unknown
from mtdis.operations import retry, selection
from mtdis.operations.retry import Retried
from mtdis.study import Study

GROUP = "study"


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the options."""
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument(
        "--damaged", action="store_true", help="results that are not what their record sealed"
    )
    which.add_argument(
        "--failed", action="store_true", help="scores of which a metric failed, to be tried again"
    )
    which.add_argument(
        "--diverged", action="store_true", help="runs and stages with a network that diverged"
    )
    which.add_argument(
        "--experiment", nargs="+", metavar="NAME", help="all runs and stages of these experiments"
    )
    which.add_argument(
        "--run", nargs="+", metavar="ID", help="these runs or stages, by id or its beginning"
    )
    add_study(parser)
    parser.add_argument("--yes", action="store_true", help="take back what is listed")
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(args: Namespace) -> None:
    """List, and with --yes delete."""
    found = retry.damaged(Path()) if args.damaged else _of_study(args, study_of(args))
    if args.yes:
        retry.delete(found, Path())
    if args.json:
        each = [asdict(one) | {"path": str(one.path)} for one in found]
        print(json.dumps({"files": each, "deleted": args.yes}, indent=1))
    else:
        print(as_text(found, deleted=args.yes))


def _of_study(args: Namespace, study: Study) -> list[Retried]:
    if args.failed:
        return retry.failed(study, Path())
    if args.diverged:
        return retry.diverged(study, Path())
    if args.run:
        known = {**study.runs, **study.stages}
        return retry.of_ids(study, Path(), [selection.resolve(text, known) for text in args.run])
    for name in args.experiment:
        if name not in study.experiments:
            raise ConfigError(unknown("experiment", name, study.experiments))
    return retry.of_experiments(study, Path(), args.experiment)


def as_text(found: list[Retried], deleted: bool) -> str:
    """The list for people, and what to do next."""
    if not found:
        return "nothing to retry"
    lines = [
        f"left alone: {one.path}: {one.left}" if one.left else f"{one.path}\n  {one.why}"
        for one in found
    ]
    count = sum(not one.left for one in found)
    then = (
        "deleted; snakemake makes their results anew"
        if deleted
        else "to be deleted, the same command with --yes deletes them"
    )
    return "\n".join([*lines, f"{count:,} files {then}"])
