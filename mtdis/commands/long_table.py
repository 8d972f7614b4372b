"""Gather the losses and scores of an experiment's runs into one long tidy table (parquet and csv)."""

from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mtdis import artifacts, long_table, paths
from mtdis.command_line import add_study, study_of
from mtdis.commands.scores import check_spec
from mtdis.specs.run import Run
from mtdis.study import Study


def add_arguments(parser: ArgumentParser) -> None:
    """Declare the options."""
    add_study(parser)
    parser.add_argument("--experiment", required=True, help="name of the experiment")
    parser.add_argument("--out", type=Path, required=True, help="parquet file to write; a csv lies beside it")


def run(args: Namespace) -> None:
    """Read the record and the score index of every run, check that they are the wanted ones, and write the table."""
    study = study_of(args)
    frame = long_table.make(args.experiment, _results(study, args.experiment))
    artifacts.write_frame(args.out, frame)
    artifacts.write_frame(args.out.with_suffix(".csv"), frame)


def _results(study: Study, experiment: str) -> Iterator[tuple[Run, dict[str, Any], dict[str, Any]]]:
    for run_id in study.run_ids(experiment):
        record = Path(paths.run(run_id))
        content = artifacts.read_run(record)
        check_spec(record, content, study.runs[run_id].elided())
        yield study.runs[run_id], content, artifacts.read_json(Path(paths.scores(run_id)), "mtdis scores")
