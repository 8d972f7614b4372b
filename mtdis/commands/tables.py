"""Make the tables of a study from what is finished so far: --partial.

They lie in results/studies/<name>/partial, beside the complete ones, which are snakemake's to make.
The column `missing` says how many runs a row lacks.
"""

import json
from argparse import ArgumentParser, Namespace
from typing import Any

from mtdis.commands._options import add_study, own_study
from mtdis.commands._text import aligned, cut
from mtdis.errors import ConfigError, unknown

GROUP = "study"


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
    from mtdis.operations.partial_tables import make_tables

    study = own_study(args)
    for name in args.experiment or ():
        if name not in study.experiments:
            raise ConfigError(unknown("experiment", name, study.experiments))
    made = make_tables(study, args.experiment or study.experiments)
    print(json.dumps(made, indent=1) if args.json else as_text(made))
    return int(any(one["failed"] for one in made.values()))


def as_text(made: dict[str, Any]) -> str:
    """The tables that were written, and the others, for people."""
    rows = [[e, one["runs"], one["missing"], len(one["files"])] for e, one in made.items()]
    lines = [aligned([["experiment", "runs", "missing", "tables"], *rows])]
    for experiment, one in made.items():
        lines += (
            [cut(f"no row yet ({experiment}): {', '.join(one['nothing_of'])}")]
            if one["nothing_of"]
            else []
        )
        if one["missing_stages"]:
            lines.append(f"missing stages ({experiment}): {one['missing_stages']}")
        lines += [f"not yet ({experiment}): {name}: {why}" for name, why in one["waiting"].items()]
        lines += [f"not made ({experiment}): {name}: {why}" for name, why in one["failed"].items()]
        lines += one["files"]
    return "\n".join(lines)
