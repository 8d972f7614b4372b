"""Make the tables of a study from what is finished so far: --partial.

They lie in results/studies/<name>/partial, beside the complete ones, which are snakemake's to make.
The column `missing` says how many runs a row lacks. Tables of an experiment that has not changed
since are left as they are.
"""

import json
from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from mtdis import paths
from mtdis.commands._options import add_study, study_of
from mtdis.commands._text import aligned, cut
from mtdis.errors import ConfigError, unknown
from mtdis.operations import freshness, inventory, partial
from mtdis.operations.inventory import Found
from mtdis.study import Study

Look = Callable[[], tuple[dict[str, Found], dict[str, Found]]]
"""Finds the runs and the stages of a study."""


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the options."""
    add_study(parser)
    parser.add_argument("--partial", action="store_true", help="of what is finished so far")
    parser.add_argument("--experiment", action="append", help="of these experiments only")
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(args: Namespace) -> int:
    """Write the tables; 1 if one could not be made of what is there."""
    if not args.partial:
        raise ConfigError(
            "the complete tables are made by `snakemake`; --partial makes those of what is"
            " finished."
        )
    study = study_of(args)
    for name in args.experiment or ():
        if name not in study.experiments:
            raise ConfigError(unknown("experiment", name, study.experiments))
    # Before anything is looked at: what is finished while tables are made is not in them, and makes
    # them stale.
    made_of = {e: freshness.digest(study, e, Path()) for e in args.experiment or study.experiments}
    look = cache(lambda: (inventory.runs(study, Path()), inventory.stages(study, Path())))
    made = {e: tables_of(study, e, digest, look) for e, digest in made_of.items()}
    print(json.dumps(made, indent=1) if args.json else as_text(made))
    return int(any(one["failed"] for one in made.values()))


def tables_of(study: Study, experiment: str, made_of: str, look: Look) -> dict[str, Any]:
    """Make the tables of an experiment unless they are made of the same.

    What is there, missing, and failed.
    """
    if (told := freshness.told(Path(paths.partial(study.name), experiment), made_of)) is not None:
        return told
    finished = partial.finished(study, experiment, *look(), Path())
    if not finished.runs and not finished.stages:
        return finished.told()
    return _make(study, experiment, finished, made_of)


def _make(
    study: Study, experiment: str, finished: partial.Finished, made_of: str
) -> dict[str, Any]:
    from mtdis.artifacts import files
    from mtdis.operations import partial_tables

    folder = Path(paths.partial(study.name), experiment)
    (folder / freshness.NOTE).unlink(
        missing_ok=True
    )  # no note of others may stand beside half of our tables
    told = partial_tables.write_tables(study, experiment, finished)
    if not told["failed"]:
        files.write_json(folder / freshness.NOTE, freshness.note(folder, made_of, told))
    return told


def as_text(made: dict[str, Any]) -> str:
    """What was written for people."""
    rows = [[e, one["runs"], one["missing"], len(one["files"])] for e, one in made.items()]
    lines = [aligned([["experiment", "runs", "missing", "tables"], *rows])]
    for experiment, one in made.items():
        lines += (
            [cut(f"no row yet ({experiment}): {', '.join(one['nothing_of'])}")]
            if one["nothing_of"]
            else []
        )
        lines += [f"not yet ({experiment}): {name}: {why}" for name, why in one["waiting"].items()]
        lines += [f"not made ({experiment}): {name}: {why}" for name, why in one["failed"].items()]
        lines += one["files"]
    return "\n".join(lines)
