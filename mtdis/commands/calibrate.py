"""Compare the scores of a finished run with those of rotated codes and of permuted factors.

Computes only what is missing, and writes the index last. Scores themselves are not touched.
"""

import time
from argparse import ArgumentParser, Namespace

from mtdis.artifacts import calibrations, files, provenance, records
from mtdis.commands._options import add_scored_run, json_list
from mtdis.scoring import run_calibrations, run_scores
from mtdis.specs.calibration import CalibratedMetric
from mtdis.specs.run import Run

GROUP = "step"


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the options."""
    add_scored_run(parser, "one file per metric and network lies in folders beside it")
    parser.add_argument(
        "--calibrations",
        type=json_list,
        required=True,
        help="metrics and how each is calibrated, as JSON",
    )


def run(args: Namespace) -> None:
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
