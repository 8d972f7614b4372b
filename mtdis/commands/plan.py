"""Show what a study asks for: runs per experiment and in total that are wanted, finished, missing,
stale and shared.

`finished` counts the diverged, too; `stale` are records that are damaged or of another spec or
version. `new scores` and `new calibrations` are what runs lack, those that are to be trained too:
one per network and per metric with its settings and seed.

With --hours: what the missing part will cost, judged by the times of finished runs, and with
--pilot by 30 seconds of training where nothing is finished.
"""

import json
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Any

from mtdis.commands._options import add_study, study_of
from mtdis.commands._text import aligned, size
from mtdis.errors import ConfigError
from mtdis.operations.plan import PILOT_SECONDS, make_plan
from mtdis.pasting import as_yaml
from mtdis.progress import duration

GROUP = "study"

COLUMNS = (
    "wanted",
    "finished",
    "missing",
    "shared",
    "networks",
    "trained",
    "new_scores",
    "new_calibrations",
    "stages",
    "stale",
    "diverged",
)
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
    plan = make_plan(study_of(args), Path(), hours=args.hours, pilot=args.pilot)
    print(json.dumps(plan, indent=1) if args.json else as_text(plan))


def as_text(plan: dict[str, Any]) -> str:
    """The plan as a table for people."""
    rows = [
        [e, *(counts[c] for c in COLUMNS)]
        for e, counts in [*plan["experiments"].items(), ("total", plan["total"])]
    ]
    heads = [column.replace("_", " ") for column in COLUMNS]
    lines = [aligned([["experiment", *heads], *rows])]
    for experiment, kinds in plan["dropped"].items():
        lines += [
            f"{experiment}: {kind} does not read {', '.join(fields)}"
            for kind, fields in kinds.items()
        ]
    lines += [f"{e}: {said}" for e, each in plan["notes"].items() for said in each]
    lines += [_suggested(e, more) for e, more in plan["suggested"].items()]
    lines += _first(
        [f"diverged: {', '.join(networks)} of {i}" for i, networks in plan["diverged"].items()]
    )
    lines += _first([f"stale: {problem}" for problem in plan["stale"].values()])
    for name, terms in plan["downloads"].items():
        lines.append(
            f"download {name}: licence: {terms['licence']}; please cite: {terms['citation']}"
        )
    lines += _expected_lines(plan["expected"])
    disk = plan["bytes"]
    lines.append(f"disk: images {size(disk['images'])}, codes {size(disk['codes'])}")
    return "\n".join([*lines, *(_forecast_lines(plan["forecast"]) if "forecast" in plan else [])])


def _suggested(experiment: str, more: dict[str, list[str]]) -> str:
    """The outputs that would show what an experiment sweeps, as lines of its config."""
    verb = "varies" if len(more["fields"]) == 1 else "vary"
    lacking = f"{', '.join(more['fields'])} {verb} and none of its outputs shows it"
    figures, tables = (
        as_yaml(["experiments", experiment, key], more[key]) for key in ("figures", "tables")
    )
    return f"{experiment}: {lacking}; write\n{figures}\n{tables.splitlines()[-1]}"


def _first(lines: list[str]) -> list[str]:
    """The first lines, as many as fit a screen."""
    return (
        [*lines[:LISTED], f"  … and {len(lines) - LISTED} more: --json lists all"]
        if len(lines) > LISTED
        else lines
    )


def _expected_lines(expected: dict[str, dict[str, dict[str, list[str]]]]) -> list[str]:
    """A line for each symmetry, and for each condition on tasks that is not met, with the kinds it
    is said of: with their experiments unless it is said of the kind in all.
    """
    lines = []
    for what, title in (("symmetry", "codes"), ("unmet", "tasks")):
        owners: dict[str, dict[str, list[str]]] = {}
        for experiment, kinds in expected.items():
            for kind, said in kinds.items():
                for text in said[what]:
                    owners.setdefault(text, {}).setdefault(kind, []).append(experiment)
        for text, of in owners.items():
            named = [
                kind if len(some) == uses else f"{kind} ({', '.join(some)})"
                for kind, some in of.items()
                if (uses := sum(kind in kinds for kinds in expected.values()))
            ]
            lines.append(f"{title}: {text}: {', '.join(named)}")
    return lines


def _forecast_lines(found: dict[str, Any]) -> list[str]:
    disk = found["bytes"]
    cores = ", ".join(f"{what} {_hours(h)}" for what, h in found["core_hours"].items())
    lines = [f"still to do: GPUs {_hours(found['gpu_hours'])}; cores: {cores}"]
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
            hint = "; add --pilot, which trains each kind for 30 s" if what == "runs" else ""
            lines.append(f"  {count} {what}: nothing finished to judge by{hint}")
    return lines


def _hours(hours: float | None) -> str:
    return "unknown" if hours is None else duration(3600 * hours)
