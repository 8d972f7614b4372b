"""What the commands `table` and `figure` share: what they are given, and what of it is shown."""

from argparse import ArgumentParser, Namespace
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

from mtdis import paths
from mtdis.artifacts import files
from mtdis.artifacts.calibrations import CALIBRATED
from mtdis.artifacts.stages import read_stage
from mtdis.commands._options import json_mapping
from mtdis.specs.claim import Claim


class Shown(NamedTuple):
    """What a table or figure is made of."""

    given: tuple[Any, ...]
    """The arguments of the module's `make` or `draw`."""
    files: list[Path]
    """Those that were read."""


def add_shown(parser: ArgumentParser) -> None:
    """Declare the options that say what is shown."""
    parser.add_argument("--long", type=Path, required=True, help="long table of the experiment")
    parser.add_argument(
        "--stages", type=Path, nargs="*", default=[], help="records of the stages that it shows"
    )
    parser.add_argument(
        "--claims", type=json_mapping, default={}, help="claims as JSON; {} for the paper's"
    )


def shown_by(module: ModuleType, args: Namespace) -> Shown:
    """The long table, and what else a module reads: stages, or claims and the draws of
    calibrations, None where nothing was calibrated.
    """
    frame = files.read_frame(args.long)
    if not getattr(module, "READS_CLAIMS", False):
        stages = [read_stage(path) for path in args.stages]
        return Shown((frame, stages) if stages else (frame,), [args.long, *args.stages])
    claims = {name: Claim.parse(fields, name) for name, fields in args.claims.items()}
    # a file of draws may be left of a config that calibrated: the long table knows
    if not frame["metric"].str.endswith(CALIBRATED).any():
        return Shown((frame, claims, None), [args.long])
    nulls = args.long.with_name(Path(paths.nulls("x", "x")).name)
    return Shown((frame, claims, files.read_frame(nulls)), [args.long, nulls])
