"""Compute one stage on a finished run, on another stage, or on targets: arrays, values, weights,
and their record.
"""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from mtdis.artifacts import records
from mtdis.artifacts.locks import alone_with
from mtdis.artifacts.stages import Sources
from mtdis.commands._options import json_mapping
from mtdis.specs.stage import Stage
from mtdis.stages._run import run_stage
from mtdis.training import interrupts

GROUP = "step"


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "--spec", type=json_mapping, required=True, help="spec of the stage as JSON"
    )
    parser.add_argument("--parent", type=Path, required=True, help="record of what it stands on")
    parser.add_argument("--dataset", type=Path, required=True, help="record of the dataset")
    parser.add_argument(
        "--targets", type=Path, nargs="?", help="record of the targets, for stages that read some"
    )
    parser.add_argument(
        "--other", type=Path, nargs="?", help="record of a second run, for stages that compare two"
    )
    parser.add_argument(
        "--out", type=Path, required=True, help="record to write; its siblings lie beside it"
    )
    parser.add_argument(
        "--checkpoint-seconds",
        type=float,
        default=300,
        help="time between checkpoints (default 300)",
    )


def run(args: Namespace) -> None:
    """Compute the stage, unless another process has meanwhile: one that computes it is waited
    for.
    """
    spec = Stage.from_fields(args.spec)
    checkpoint = args.out.with_name(records.CHECKPOINT)
    sources = Sources(
        args.parent, args.dataset, args.targets, checkpoint, args.checkpoint_seconds, args.other
    )
    with interrupts.handled(), alone_with(args.out) as waited:
        if not (waited and args.out.exists()):
            run_stage(spec, sources, args.out)
