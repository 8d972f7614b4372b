"""Gather the draws that an experiment's calibrated scores are compared with into one table
(parquet): the scores of rotated codes and of permuted factors, a row each.
"""

from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pandas as pd

from mtdis import paths
from mtdis.artifacts import calibrations, records
from mtdis.commands._options import add_study, study_of
from mtdis.errors import ArtifactError
from mtdis.reporting import long_table, long_table_files
from mtdis.specs.calibration import CalibratedMetric
from mtdis.study import Study

GROUP = "step"


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the options."""
    add_study(parser)
    parser.add_argument("--experiment", required=True, help="name of the experiment")
    parser.add_argument("--out", type=Path, required=True, help="parquet file to write")


def run(args: Namespace) -> None:
    """Read the draws of every run and write the table."""
    long_table_files.write_nulls(args.out, _nulls(study_of(args), args.experiment))


def _nulls(study: Study, experiment: str) -> Iterator[pd.DataFrame]:
    """The draws of each network and metric that was calibrated without error."""
    for run_id in study.run_ids(experiment):
        path = Path(paths.calibration(run_id))
        record = records.read_record(Path(paths.run(run_id)), study.runs[run_id], "mtdis train")
        index = calibrations.read_whole(path, record, study.calibrations)
        lost = {
            (row["network"], row["settings"], row["metric_seed"])
            for row in index["rows"]
            if row["diverged"] or row["error"]
        }
        networks = {row["network"]: None for row in index["rows"]}
        for (metric, calibration), network in product(study.calibrations, networks):
            if (network, metric.settings_id, metric.seed) in lost:
                continue
            pair = CalibratedMetric(metric, calibration)
            file = calibrations.place(path.parent, pair, network)
            held = calibrations.read_calibration(file, network, pair, index["codes_sha256"])
            if held is None:
                raise ArtifactError(
                    f"{file} is missing, damaged or of other codes than {path} names. Delete both"
                    " and run snakemake: only what lacks is calibrated."
                )
            yield long_table.null_rows(
                experiment, study.runs[run_id], network, metric, held["values"]
            )
