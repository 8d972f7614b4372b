"""Score a finished run by all metrics of the study.

Computes only what is missing, and writes the index last.
"""

import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from mtdis.artifacts import datasets, files, records, scores
from mtdis.commands._options import json_list, json_mapping
from mtdis.metrics._sampling import varying
from mtdis.scoring import run_scores as scoring
from mtdis.specs.metric import Metric
from mtdis.specs.run import Run


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--spec", type=json_mapping, required=True, help="spec of the run as JSON")
    parser.add_argument(
        "--metrics", type=json_list, required=True, help="specs of the metrics as JSON"
    )
    parser.add_argument("--run", type=Path, required=True, help="record of the run")
    parser.add_argument("--dataset", type=Path, required=True, help="record of its dataset")
    parser.add_argument(
        "--out", type=Path, required=True, help="index to write; one file per score lies beside it"
    )
    parser.add_argument(
        "--jobs", type=int, default=1, help="networks and metrics scored side by side (default 1)"
    )


def run(args: Namespace) -> None:
    """Score every network that has not diverged by every metric, and write the index."""
    spec = Run.from_fields(args.spec)
    record = records.read_record(args.run, spec, "mtdis train")
    records.read_record(args.dataset, spec.dataset, "mtdis dataset")
    diverged = {n["network"]: bool(n["diverged"]) for n in record["result"]["networks"]}
    metrics = [Metric.from_fields(fields) for fields in args.metrics]
    for metric in metrics:
        files.record_id(metric)
    wanted = scoring.jobs(args.run, args.dataset, metrics, list(diverged), args.out.parent)
    sound = [job for job in wanted if not diverged[job.network]]
    failed = scoring.compute_all(scoring.missing(sound), args.jobs)
    rows = [
        r
        for job in wanted
        for r in scoring.rows(job, diverged[job.network], failed.get(job.target, ""))
    ]
    dropped = dropped_factors(args.dataset)
    if dropped:
        print(
            f"factors with one class, left out of all metrics: {', '.join(dropped)}",
            file=sys.stderr,
        )
    scores.write_index(args.out, record["id"], dropped, rows)


def dropped_factors(dataset: Path) -> list[str]:
    """Names of a dataset's factors with one class."""
    _, dropped = varying(datasets.read_dataset(dataset, "factors"))
    names = records.read_json(dataset, "mtdis dataset")["names"]
    return [names[column] for column in dropped]
