"""One stage from its records to its results: check, compute, write; the record last."""

import sys
from importlib import import_module
from pathlib import Path
from time import monotonic

from mtdis.artifacts import files, provenance, records, stages
from mtdis.artifacts.stages import Outcome, Sources
from mtdis.errors import ConfigError
from mtdis.specs.ids import identify
from mtdis.specs.stage import Stage


def run_stage(spec: Stage, sources: Sources, out: Path) -> None:
    """Compute a stage and write its results beside the record `out`, which comes last."""
    started = monotonic()
    files.check_writable(out)
    files.record_id(spec)
    files.remove_leftovers(
        sources.checkpoint,
        out,
        *(out.with_name(name) for name in (*stages.SEALED, records.PROGRESS)),
    )
    check_inputs(spec, sources)
    print(f"computing {identify(spec)}", file=sys.stderr)
    outcome = Outcome(diverged=True)
    if not any(parent_diverged(spec, path) for path in (sources.parent, sources.other) if path):
        outcome = import_module(f"mtdis.stages.{spec.name()}").compute(spec, sources)
    seconds = outcome.seconds_before + monotonic() - started
    execution = provenance.execution(outcome.device, seconds) | dict(outcome.execution)
    stood_on = records.stood_on(
        parent=sources.parent,
        dataset=sources.dataset,
        targets=sources.targets if spec.targets else None,
        other=sources.other if spec.other else None,
    )
    stages.write_stage(out, spec, outcome, execution, stood_on)
    for path in (sources.checkpoint, out.with_name(records.PROGRESS)):
        path.unlink(missing_ok=True)


def check_inputs(spec: Stage, sources: Sources) -> None:
    """Raise ArtifactError or ConfigError unless the records are those that the spec names."""
    records.read_record(sources.dataset, spec.dataset, "mtdis dataset")
    records.read_record(sources.parent, spec.parent, "snakemake")
    if spec.other and sources.other is None:
        raise ConfigError(
            f"{spec.name()} compares two runs: give the record of the second by --other; `mtdis"
            " train` makes it."
        )
    if spec.other and sources.other:
        records.read_record(sources.other, spec.other, "snakemake")
    if spec.targets and sources.targets is None:
        raise ConfigError(
            f"{spec.name()} reads targets: give their record by --targets; `mtdis targets`"
            " makes it."
        )
    if spec.targets and sources.targets:
        records.read_record(sources.targets, spec.targets, "mtdis targets")


def parent_diverged(spec: Stage, parent: Path) -> bool:
    """Return whether the network or stage that a stage stands on diverged, or its other run's.

    There is nothing to compute then.
    """
    result = records.read_json(parent, "snakemake").get("result", {})
    networks = {n["network"]: n["diverged"] for n in result.get("networks", [])}
    return bool(result.get("diverged") or networks.get(getattr(spec, "network", "")))
