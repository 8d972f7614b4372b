"""Make the targets of a dataset: its tasks applied to the raw values of its factors."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from mtdis.artifacts import datasets, files, records
from mtdis.commands._options import json_mapping
from mtdis.data.tasks import make_targets
from mtdis.specs.targets import Targets

GROUP = "step"


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "--spec", type=json_mapping, required=True, help="spec of dataset and tasks as JSON"
    )
    parser.add_argument("--dataset", type=Path, required=True, help="record of the dataset")
    parser.add_argument(
        "--out", type=Path, required=True, help="record to write; the .h5 file lies beside it"
    )


def run(args: Namespace) -> None:
    """Evaluate the tasks for every row of the dataset."""
    spec = Targets.parse(args.spec, "targets")
    files.record_id(spec)
    files.remove_leftovers(args.out, args.out.with_suffix(".h5"))
    records.read_record(args.dataset, spec.dataset, "mtdis dataset")
    targets = make_targets(datasets.read_dataset(args.dataset, "values"), spec.tasks)
    datasets.write_targets(args.out, spec, targets)
