"""Score a finished run by all metrics of the study.

Computes only what is missing, and writes the index last.
"""

import sys
import time
from argparse import ArgumentParser, Namespace

from mtdis.artifacts import files, provenance, records, scores
from mtdis.commands._options import add_scored_run, json_list
from mtdis.scoring import run_scores as scoring
from mtdis.specs.metric import Metric
from mtdis.specs.run import Run

GROUP = "step"


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the options."""
    add_scored_run(parser, "one file per score lies beside it")
    parser.add_argument(
        "--metrics", type=json_list, required=True, help="specs of the metrics as JSON"
    )


def run(args: Namespace) -> None:
    """Score every network that has not diverged by every metric, and write the index."""
    started = time.monotonic()
    spec = Run.from_fields(args.spec)
    record = records.read_record(args.run, spec, "mtdis train")
    data = records.read_record(args.dataset, spec.dataset, "mtdis dataset")
    diverged = {n["network"]: bool(n["diverged"]) for n in record["result"]["networks"]}
    metrics = [Metric.from_fields(fields) for fields in args.metrics]
    for metric in metrics:
        files.record_id(metric)
    arrays = scoring.Arrays(args.run, args.dataset)
    wanted = scoring.jobs(args.run, metrics, list(diverged), args.out.parent)
    sound = [job for job in wanted if not diverged[job.network]]
    failed = scoring.compute_all(scoring.missing(sound), arrays, args.jobs)
    constant = {
        network: not lost and arrays.is_constant(network) for network, lost in diverged.items()
    }
    rows = []
    for job in wanted:
        found = scoring.notes(
            job.metric, arrays.factors, data["names"], constant=constant[job.network]
        )
        error = failed.get(job.target, "")
        rows += scoring.rows(job, diverged[job.network], error, ", ".join(found))
    dropped = [data["names"][column] for column in arrays.factors.dropped]
    if dropped:
        print(
            f"factors with one class, left out of all metrics: {', '.join(dropped)}",
            file=sys.stderr,
        )
    codes = record["files"]["codes.h5"]["sha256"]
    execution = provenance.execution("cpu", time.monotonic() - started)
    scores.write_index(args.out, record["id"], codes, dropped, rows, execution)
