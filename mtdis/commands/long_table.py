"""Gather the losses and scores of an experiment's runs into one long tidy table (parquet and
csv).
"""

from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mtdis import paths
from mtdis.artifacts import records
from mtdis.artifacts.scores import read_index
from mtdis.commands._options import add_study, study_of
from mtdis.reporting import long_table, long_table_files
from mtdis.specs.ids import identify
from mtdis.specs.run import Run
from mtdis.specs.stage import Stage
from mtdis.study import Study


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
    stages = [
        row
        for one in _stages(study, args.experiment)
        for row in long_table.stage_rows(args.experiment, *one)
    ]
    head = long_table.layout(
        args.experiment, map(study.runs.__getitem__, study.run_ids(args.experiment)), stages
    )
    parts = long_table.chunks(head, _results(study, args.experiment), stages)
    long_table_files.write(args.out, long_table_files.schema_of(head), parts)


def _results(study: Study, experiment: str) -> Iterator[tuple[Run, dict[str, Any], dict[str, Any]]]:
    for run_id in study.run_ids(experiment):
        run = study.runs[run_id]
        record = records.read_record(Path(paths.run(run_id)), run, "mtdis train")
        yield run, record, read_index(Path(paths.scores(run_id)), run_id)


def _stages(study: Study, experiment: str) -> Iterator[tuple[Stage, dict[str, Any]]]:
    for stage in study.experiments[experiment].stages:
        yield stage, records.read_record(Path(paths.stage(identify(stage))), stage, "mtdis stage")
