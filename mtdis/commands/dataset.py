"""Prepare a dataset: images, factor classes and raw values in one HDF5 file, and the record that
seals it.
"""

import sys
from argparse import ArgumentParser, Namespace
from importlib import import_module
from pathlib import Path

from mtdis.artifacts import datasets, files
from mtdis.commands._options import json_mapping
from mtdis.specs.dataset import Dataset

GROUP = "step"


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "--spec", type=json_mapping, required=True, help="spec of the dataset as JSON"
    )
    parser.add_argument(
        "--out", type=Path, required=True, help="record to write; the .h5 file lies beside it"
    )


def run(args: Namespace) -> None:
    """Read or render the images chunk by chunk into the file."""
    spec = Dataset.from_fields(args.spec)
    files.record_id(spec)
    files.remove_leftovers(args.out, args.out.with_suffix(".h5"))
    implementation = import_module(f"mtdis.data.datasets.{spec.name()}")
    chunks = implementation.chunks(spec, Path())
    if hasattr(implementation, "source"):
        source = implementation.source(spec, Path())
    else:  # it renders, and reads nothing
        source = f"mtdis {spec.name()} version {spec.version}"
    print(f"{spec.name()}: {source}", file=sys.stderr)
    datasets.write_dataset(args.out, spec, chunks, source)
