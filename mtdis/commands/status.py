"""Show how a study stands: done, running, queued, failed, diverged, missing, by experiment and
dimension.

A failed job is named with the last line of its log, a diverged run with its networks. What runs is
known from the locks of trainings and stages, Snakemake's markers, the SLURM queue, and signs of
life younger than 15 minutes; `stopped` gives none. Of a training that runs it says how many epochs
have ended, its loss and speed, and when it will end at this speed.
"""

import json
import sys
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mtdis.commands._options import add_study, study_of
from mtdis.commands._text import aligned, cut, ends
from mtdis.errors import ConfigError
from mtdis.operations.job_states import RUNNING
from mtdis.operations.mixed_kernels import in_words
from mtdis.operations.status import STATES, study_status

GROUP = "study"

HOME_AND_CLEAR = "\x1b[H\x1b[J"
LISTED = 10
"""Values of a dimension, and failed jobs, that text shows; --json has all."""


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the options."""
    add_study(parser)
    parser.add_argument(
        "--json",
        action="store_true",
        help="print JSON, with the state of every run, stage and score",
    )
    parser.add_argument(
        "--watch", action="store_true", help="refresh until Ctrl-C; on a terminal only"
    )
    parser.add_argument(
        "--interval", type=float, default=5, help="seconds between refreshes (default 5)"
    )


def run(args: Namespace) -> None:
    """Print the state of the study, once or again and again."""
    study = study_of(args)
    if not args.watch:
        found = study_status(study, Path())
        print(json.dumps(found, indent=1) if args.json else as_text(found))
        return
    if args.json or not sys.stdout.isatty():
        raise ConfigError(
            "--watch refreshes a terminal; leave it out where output goes to a file, a pipe or"
            " --json."
        )
    try:
        while True:
            print(
                f"{HOME_AND_CLEAR}{as_text(study_status(study, Path()))}\n\n{time.ctime()}, Ctrl-C"
                " ends",
                flush=True,
            )
            time.sleep(max(0.2, args.interval))
    except KeyboardInterrupt:
        print()


def as_text(found: dict[str, Any]) -> str:
    """The state of a study for people."""
    usual = ("done", "running", "failed", "diverged", "missing")
    shown = [state for state in STATES if state in usual or found["total"]["runs"][state]]
    head = ["experiment", "runs", *shown, "scored", "stages"]
    rows = [_row(e, counts, shown) for e, counts in found["experiments"].items()]
    parts = [aligned([head, *rows, _row("total", found["total"], shown)])]
    parts += [
        _dimensions(e, counts["dimensions"], shown) for e, counts in found["experiments"].items()
    ]
    return "\n".join(filter(None, [*parts, *_reasons(found)]))


def _row(name: str, counts: dict[str, Any], shown: list[str]) -> list[Any]:
    runs = counts["runs"]
    row = [name, runs["all"], *(runs[state] for state in shown)]
    for each in (counts["scores"], counts["stages"]):
        failed = f", {each['failed']} failed" if each["failed"] else ""
        done = f"{each['done'] + each['diverged']} of {each['all']}{failed}"
        row.append(done if each["all"] else "–")
    return row


def _dimensions(experiment: str, dimensions: dict[str, Any], shown: list[str]) -> str:
    if not dimensions:
        return ""
    rows = [[experiment, "value", "runs", *shown]]
    for path, values in dimensions.items():
        rows += [
            [path, v, counts["all"], *(counts[s] for s in shown)]
            for v, counts in list(values.items())[:LISTED]
        ]
        if len(values) > LISTED:
            rows.append([path, f"… {len(values) - LISTED} more", *[""] * (len(shown) + 1)])
    return "\n" + aligned(rows)


def told(about: Mapping[str, Any], some_id: str) -> str:
    """The line of a training that runs or has stopped half-way."""
    parts = [f"{about['epoch']} of {about['epochs']} epochs"]
    if about["loss"] is not None:
        parts.append(f"loss {about['loss']:.4g}")
    if about["state"] == RUNNING and about["images_per_second"] is not None:
        parts.append(f"{about['images_per_second']:,.0f} images/s")
    if about["state"] == RUNNING and about["ends"] is not None:
        parts.append(f"ends {ends(about['ends'])}")
    return cut(f"{about['state']}: {', '.join(parts)}: {some_id}")


def _reasons(found: dict[str, Any]) -> list[str]:
    lines = [
        f"failed: {job['id']}\n" + cut(f"  {job['log']}: {job['last_line']}")
        for job in found["failed"][:LISTED]
    ]
    lines += [
        f"failed metrics: {n} rows of {i}"
        for i, n in list(found["failed_metrics"].items())[:LISTED]
    ]
    lines += [
        f"diverged: {', '.join(networks)} of {i}"
        for i, networks in list(found["diverged"].items())[:LISTED]
    ]
    trainings = [told(about, i) for i, about in found["trainings"].items()]
    lines[:0] = trainings[:LISTED]
    if len(trainings) > LISTED:
        lines.insert(LISTED, f"… and {len(trainings) - LISTED} more trainings: mtdis status --json")
    if (calibrated := found["calibrated"])["all"]:
        lines.append(f"calibrated: {calibrated['done']} of {calibrated['all']} runs")
    lines += [f"stale: {problem}" for problem in list(found["stale"].values())[:LISTED]]
    if mixed := in_words(found["mixed_kernels"]):
        lines.append(f"mixed kernels: {mixed}; their bytes differ (docs/same-bytes.md)")
    if found["unsealed"]:
        lines.append(
            f"unsealed: {found['unsealed']:,} records are from before there were checksums"
        )
    hidden = sum(
        max(0, len(found[k]) - LISTED) for k in ("failed", "failed_metrics", "diverged", "stale")
    )
    more = [f"… and {hidden} more: mtdis status --json"] if hidden else []
    return ["", *lines, *more] if lines else []
