"""Prepare a dataset: images, factor classes and raw values in one HDF5 file, and the record that seals it."""

from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mtdis import artifacts
from mtdis.command_line import json_mapping
from mtdis.factors import grid_rows
from mtdis.progress import progress_bar
from mtdis.specs.dataset import Dataset
from mtdis.specs.run import dataset_of

CHUNK = 8192
"""Images rendered at once: keeps memory below 2 GiB at any grid size."""


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("--spec", type=json_mapping, required=True, help="spec of the dataset as JSON")
    parser.add_argument("--out", type=Path, required=True, help="record to write; the .h5 file lies beside it")


def run(args: Namespace) -> None:
    """Render the images chunk by chunk into the file."""
    spec: Dataset = dataset_of(args.spec)
    artifacts.record_id(spec)
    artifacts.remove_leftovers(args.out, args.out.with_suffix(".h5"))
    artifacts.write_dataset(args.out, spec, chunks(spec), f"mtdis {spec.name()} version {spec.version}")


def chunks(spec: Dataset) -> Iterator[tuple[NDArray[Any], NDArray[np.int64], NDArray[np.float64]]]:
    """Images (n, H, W, C), factors (n, K) and values (n, K) of the grid, chunk by chunk."""
    implementation = import_module(f"mtdis.datasets.{spec.name()}")
    count = spec.grid.count
    with progress_bar(count, f"rendering {spec.name()}", "images") as bar:
        for start in range(0, count, CHUNK):
            factors, values = grid_rows(spec.grid, start, min(start + CHUNK, count))
            yield implementation.render(values, spec.image_shape[0]), factors, values
            bar.update(len(factors))
