"""Compare the scores of a finished run with those of rotated codes and of permuted factors.

Computes only what is missing, and writes the index last. Scores themselves are not touched.

    mtdis calibrate --codes codes.npy --factors factors.npy

does so with anyone's codes and factors, as mtdis score --metric all --calibrate, which has settings
and seeds. Codes are (N, d) numbers, factors (N, K) integer classes, as there.
"""

import time
from argparse import ArgumentParser, Namespace
from pathlib import Path

from mtdis.artifacts import calibrations, files, provenance, records
from mtdis.commands import score
from mtdis.commands._options import add_scored_run, json_list
from mtdis.commands._overview import parser_of
from mtdis.errors import ConfigError
from mtdis.scoring import run_calibrations, run_scores
from mtdis.specs.calibration import CalibratedMetric
from mtdis.specs.run import Run

GROUP = "step"

OF_RUN = ("spec", "run", "dataset", "out", "calibrations")
OWN = ("codes", "factors")
"""The options that are needed of a run, and of codes of one's own."""


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the options."""
    beside = "one file per metric and network lies in folders beside it"
    add_scored_run(parser, beside, required=False)
    parser.add_argument(
        "--calibrations", type=json_list, help="metrics and how each is calibrated, as JSON"
    )
    for name in OWN:
        parser.add_argument(f"--{name}", type=Path, help=f"instead of a run: file of the {name}")
    parser.add_argument("--metric", default=score.ALL, help=f"of these codes (default {score.ALL})")
    parser.add_argument("--json", action="store_true", help="of these codes: print JSON")


def run(args: Namespace) -> int:
    """Calibrate a run or anyone's codes; 2 if one of all metrics refuses the latter.

    ConfigError for options that name neither, or both.
    """
    run_given = [name for name in OF_RUN if getattr(args, name) is not None]
    own_given = [name for name in OWN if getattr(args, name) is not None]
    if run_given == [*OF_RUN] and not own_given:
        _calibrate_run(args)
        return 0
    if own_given == [*OWN] and not run_given:
        return _calibrate_codes(args)
    found = ", ".join(f"--{name}" for name in (*run_given, *own_given)) or "none of them"
    raise ConfigError(
        f"of a run: {', '.join(f'--{name}' for name in OF_RUN)}; of codes of your own:"
        f" {', '.join(f'--{name}' for name in OWN)}. All of the one or of the other are needed;"
        f" found {found}."
    )


def _calibrate_codes(args: Namespace) -> int:
    """Print scores of anyone's codes and what their nulls say, as `mtdis score` does."""
    words = [f"--{name}={getattr(args, name)}" for name in OWN]
    words += [f"--metric={args.metric}", "--calibrate", *(["--json"] if args.json else [])]
    return score.run(parser_of("score").parse_args(words))


def _calibrate_run(args: Namespace) -> None:
    """Calibrate every network that has not diverged by every metric, and write the index."""
    began = time.monotonic()
    spec = Run.from_fields(args.spec)
    record = records.read_record(args.run, spec, "mtdis train")
    records.read_record(args.dataset, spec.dataset, "mtdis dataset")
    wanted = [CalibratedMetric.from_fields(fields) for fields in args.calibrations]
    for pair in wanted:
        files.record_id(pair.metric)
    diverged = {n["network"]: bool(n["diverged"]) for n in record["result"]["networks"]}
    jobs = run_calibrations.jobs(args.run, record["id"], wanted, list(diverged), args.out.parent)
    sound = [job for job in jobs if not diverged[job.network]]
    arrays = run_calibrations.Arrays(args.run, args.dataset)
    failed = run_scores.compute_all(run_calibrations.missing(sound), arrays, args.jobs)
    rows = []
    for job in jobs:
        rows += run_calibrations.rows(job, diverged[job.network], failed.get(job.target, ""))
    for network in diverged:
        done = (job for job in sound if job.network == network and job.target not in failed)
        rows += next((run_calibrations.spectrum_rows(job) for job in done), [])
    calibrations.write_index(
        args.out,
        record["id"],
        record["files"]["codes.h5"]["sha256"],
        provenance.execution("cpu", time.monotonic() - began),
        rows,
    )
