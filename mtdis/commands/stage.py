"""Compute one stage on a finished run, on another stage, or on targets: arrays, values, weights,
and their record.
"""

import sys
from argparse import ArgumentParser, Namespace
from importlib import import_module
from pathlib import Path
from time import monotonic

from mtdis.artifacts import files, provenance, records, stages
from mtdis.artifacts.locks import alone_with
from mtdis.artifacts.stages import Outcome, Sources
from mtdis.commands._options import json_mapping
from mtdis.errors import ConfigError
from mtdis.specs.ids import identify
from mtdis.specs.stage import Stage


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
        "--out", type=Path, required=True, help="record to write; its siblings lie beside it"
    )
    parser.add_argument(
        "--checkpoint-seconds",
        type=float,
        default=300,
        help="time between checkpoints (default 300)",
    )


def run(args: Namespace) -> None:
    """Compute the stage, unless another process has meanwhile: what one computes now is waited
    for.
    """
    spec = Stage.from_fields(args.spec)
    with alone_with(args.out) as waited:
        if not (waited and args.out.exists()):
            make(spec, args)


def make(spec: Stage, args: Namespace) -> None:
    """Compute the stage and write the results; the record comes last."""
    started = monotonic()
    files.record_id(spec)
    checkpoint = args.out.with_name(records.CHECKPOINT)
    siblings = (args.out.with_name(name) for name in stages.SEALED)
    files.remove_leftovers(checkpoint, args.out, *siblings)
    check_inputs(spec, args)
    print(f"computing {identify(spec)}", file=sys.stderr)
    sources = Sources(args.parent, args.dataset, args.targets, checkpoint, args.checkpoint_seconds)
    outcome = (
        Outcome(diverged=True) if parent_diverged(spec, args.parent) else compute(spec, sources)
    )
    seconds = outcome.seconds_before + monotonic() - started
    execution = provenance.execution(outcome.device, seconds) | dict(outcome.execution)
    stages.write_stage(args.out, spec, outcome, execution)
    checkpoint.unlink(missing_ok=True)


def compute(spec: Stage, sources: Sources) -> Outcome:
    """What the module of the stage's name computes."""
    outcome: Outcome = import_module(f"mtdis.stages.{spec.name()}").compute(spec, sources)
    return outcome


def parent_diverged(spec: Stage, parent: Path) -> bool:
    """Whether the network or stage that a stage stands on diverged: there is nothing to compute
    then.
    """
    result = records.read_json(parent, "snakemake").get("result", {})
    networks = {n["network"]: n["diverged"] for n in result.get("networks", [])}
    return bool(result.get("diverged") or networks.get(getattr(spec, "network", "")))


def check_inputs(spec: Stage, args: Namespace) -> None:
    """ArtifactError or ConfigError unless parent, dataset and targets are those that the spec
    names.
    """
    records.read_record(args.dataset, spec.dataset, "mtdis dataset")
    records.read_record(args.parent, spec.parent, "snakemake")
    if spec.targets and args.targets is None:
        raise ConfigError(
            f"{spec.name()} reads targets: give their record by --targets; `mtdis targets`"
            " makes it."
        )
    if spec.targets:
        records.read_record(args.targets, spec.targets, "mtdis targets")
