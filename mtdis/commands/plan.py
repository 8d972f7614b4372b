"""Show what a study asks for: runs per experiment and in total that are wanted, finished, missing,
stale and shared.

`finished` counts the diverged, too; `stale` are records that are damaged or of another spec or
version. With --hours: what the missing part will cost, judged by the times of finished runs, and
with --pilot by 30 seconds of training where nothing is finished.
"""

import json
import subprocess
import sys
from argparse import ArgumentParser, Namespace
from collections import Counter
from collections.abc import Mapping, Sequence
from math import prod
from pathlib import Path
from typing import Any

from mtdis.commands._options import add_study, study_of
from mtdis.commands._text import aligned, duration, size
from mtdis.errors import ConfigError
from mtdis.operations import forecast, inventory
from mtdis.operations.inventory import DIVERGED, FINISHED, STALE, Found
from mtdis.specs.genuine import downloads_of
from mtdis.specs.ids import canonical
from mtdis.specs.run import Run, TrainedRun
from mtdis.study import Study

COLUMNS = (
    "wanted",
    "finished",
    "missing",
    "shared",
    "networks",
    "trained",
    "stages",
    "stale",
    "diverged",
)
PILOT_SECONDS = 30.0
LISTED = 10
"""Stale and diverged runs that text names."""


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the options."""
    add_study(parser)
    parser.add_argument("--json", action="store_true", help="print JSON, with the id of every run")
    parser.add_argument(
        "--hours", action="store_true", help="GPU-hours, core-hours and disk of what is missing"
    )
    parser.add_argument(
        "--pilot",
        action="store_true",
        help=f"with --hours: train kinds without finished run for {PILOT_SECONDS:g} s",
    )


def run(args: Namespace) -> None:
    """Print the plan."""
    if args.pilot and not args.hours:
        raise ConfigError("--pilot serves the forecast: add --hours.")
    study = study_of(args)
    found = inventory.runs(study, Path())
    plan = _plan(study, found)
    if args.hours:
        rates = _piloted(forecast.unjudged(study, found)) if args.pilot else {}
        plan["forecast"] = forecast.forecast(
            study, found, inventory.stages(study, Path()), Path(), rates
        )
    print(json.dumps(plan, indent=1) if args.json else as_text(plan))


def make_plan(study: Study, folder: Path) -> dict[str, Any]:
    """Counts per experiment and in total, what was dropped, disk, the terms of downloads, and the
    runs.
    """
    return _plan(study, inventory.runs(study, folder))


def _plan(study: Study, found: Mapping[str, Found]) -> dict[str, Any]:
    uses = Counter(run_id for e in study.experiments for run_id in study.run_ids(e))
    each = {e: (study.run_ids(e), len(x.stages)) for e, x in study.experiments.items()}
    return {
        "study": study.name,
        "experiments": {
            e: _counts(study, ids, found, uses, stages) for e, (ids, stages) in each.items()
        },
        "total": _counts(study, list(study.runs), found, uses, len(study.stages)),
        "dropped": {e: dict(x.dropped) for e, x in study.experiments.items() if x.dropped},
        "bytes": {
            "codes": sum(map(forecast.code_bytes, study.runs.values())),
            "images": _image_bytes(study),
        },
        "stale": {i: one.problem for i, one in found.items() if one.standing == STALE},
        "diverged": {
            i: inventory.diverged(one.record)
            for i, one in found.items()
            if one.standing == DIVERGED
        },
        "downloads": {
            name: {"licence": d.licence, "citation": d.citation}
            for name, d in downloads_of(study.datasets.values()).items()
        },
        "runs": {e: ids for e, (ids, _) in each.items()},
    }


def _counts(
    study: Study,
    run_ids: Sequence[str],
    found: Mapping[str, Found],
    uses: Mapping[str, int],
    stages: int,
) -> dict[str, int]:
    standing = Counter(found[run_id].standing for run_id in run_ids)
    finished = sum(standing[name] for name in FINISHED)
    return {
        "wanted": len(run_ids),
        "finished": finished,
        "missing": len(run_ids) - finished - standing[STALE],
        "shared": sum(uses[run_id] > 1 for run_id in run_ids),
        "networks": sum(len(study.runs[run_id].networks) for run_id in run_ids),
        "trained": sum(
            len(study.runs[i].networks) for i in run_ids if isinstance(study.runs[i], TrainedRun)
        ),
        "stages": stages,
        "stale": standing[STALE],
        "diverged": standing[DIVERGED],
    }


def _image_bytes(study: Study) -> int:
    return sum(d.count * prod(d.image_shape) for d in study.datasets.values())


def _piloted(runs: Sequence[Run]) -> dict[str, forecast.Rate]:
    """The rate of each run's kind by a child process, which imports torch.

    The time is shared among them.
    """
    return {run.name(): _pilot(run, PILOT_SECONDS / len(runs)) for run in runs}


def _pilot(run: Run, seconds: float) -> forecast.Rate:
    command = [
        sys.executable,
        "-m",
        "mtdis.cli",
        "pilot",
        "--spec",
        canonical(run),
        "--seconds",
        str(seconds),
    ]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise ConfigError(
            f"the pilot of {run.name()} failed (see above); leave --pilot out or mend what it says."
        )
    said = json.loads(done.stdout)
    height, width, _ = run.dataset.image_shape
    return forecast.Rate(said["seconds"] / (said["images"] * height * width), said["device"], 0)


def as_text(plan: dict[str, Any]) -> str:
    """The plan as a table for people."""
    rows = [
        [e, *(counts[c] for c in COLUMNS)]
        for e, counts in [*plan["experiments"].items(), ("total", plan["total"])]
    ]
    lines = [aligned([["experiment", *COLUMNS], *rows])]
    for experiment, kinds in plan["dropped"].items():
        lines += [
            f"{experiment}: {kind} does not read {', '.join(fields)}"
            for kind, fields in kinds.items()
        ]
    lines += _first(
        [f"diverged: {', '.join(networks)} of {i}" for i, networks in plan["diverged"].items()]
    )
    lines += _first([f"stale: {problem}" for problem in plan["stale"].values()])
    for name, terms in plan["downloads"].items():
        lines.append(
            f"download {name}: licence: {terms['licence']}; please cite: {terms['citation']}"
        )
    disk = plan["bytes"]
    lines.append(f"disk: images {size(disk['images'])}, codes {size(disk['codes'])}")
    return "\n".join([*lines, *(_forecast_lines(plan["forecast"]) if "forecast" in plan else [])])


def _first(lines: list[str]) -> list[str]:
    """Not more than fit a screen."""
    return (
        [*lines[:LISTED], f"  … and {len(lines) - LISTED} more: --json lists all"]
        if len(lines) > LISTED
        else lines
    )


def _forecast_lines(found: dict[str, Any]) -> list[str]:
    hours, disk = found["core_hours"], found["bytes"]
    cores = ", ".join(
        f"{what} {'unknown' if h is None else duration(3600 * h)}" for what, h in hours.items()
    )
    lines = [f"still to do: GPUs {duration(3600 * found['gpu_hours'])}; cores: {cores}"]
    sizes = {name: size(count) for name, count in disk.items()}
    if found["unknown"]["weights"]:
        sizes["weights"] = f"at least {sizes['weights']}" if disk["weights"] else "unknown"
    lines.append("still to write: " + ", ".join(f"{name} {text}" for name, text in sizes.items()))
    for kind, by in found["judged_by"].items():
        what = f"{by['runs']} finished" if by["runs"] else "a pilot"
        lines.append(f"  {kind}: judged by {what} on {by['device']}")
    if found["by_other_kinds"]:
        lines.append(f"  judged by other kinds: {', '.join(found['by_other_kinds'])}")
    for what, count in found["unknown"].items():
        if count:
            hint = "; --pilot trains for 30 s to judge by" if what == "runs" else ""
            lines.append(f"  {count} {what}: nothing finished to judge by{hint}")
    return lines
