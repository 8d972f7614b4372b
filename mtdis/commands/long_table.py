"""Gather the losses and scores of an experiment's runs into one long tidy table (parquet and
csv).
"""

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Any

from mtdis import paths
from mtdis.artifacts import records
from mtdis.artifacts.scores import read_index
from mtdis.commands._options import add_study, study_of
from mtdis.reporting import long_table, long_table_files
from mtdis.specs.ids import identify


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the options."""
    add_study(parser)
    parser.add_argument("--experiment", required=True, help="name of the experiment")
    parser.add_argument(
        "--out", type=Path, required=True, help="parquet file to write; a csv lies beside it"
    )


def run(args: Namespace) -> None:
    """Read the record and the score index of every run, check that they are the wanted ones, and
    write the table.
    """
    study = study_of(args)
    stages: list[dict[str, Any]] = []
    for stage in study.experiments[args.experiment].stages:
        record = records.read_record(Path(paths.stage(identify(stage))), stage, "mtdis stage")
        stages += long_table.stage_rows(args.experiment, stage, record)
    runs = [(run_id, study.runs[run_id]) for run_id in study.run_ids(args.experiment)]
    head = long_table.layout(args.experiment, (run for _, run in runs), stages)
    results = (  # read one after the other: together they may not fit in memory
        (
            run,
            records.read_record(Path(paths.run(run_id)), run, "mtdis train"),
            read_index(Path(paths.scores(run_id)), run_id),
        )
        for run_id, run in runs
    )
    parts = long_table.chunks(head, results, stages)
    long_table_files.write(args.out, long_table_files.schema_of(head), parts)
