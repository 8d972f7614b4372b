"""Gather the losses and scores of an experiment's runs into one long tidy table (parquet and
csv).
"""

from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from mtdis import discover, paths
from mtdis.artifacts import calibrations, records
from mtdis.artifacts.scores import check_index, read_index
from mtdis.commands._options import add_study, study_of
from mtdis.reporting import long_table, long_table_files
from mtdis.specs.ids import identify
from mtdis.specs.run import Run
from mtdis.specs.stage import Stage
from mtdis.specs.targets import targets_of
from mtdis.study import Study

GROUP = "step"


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
    for stage, record in _stages(study, args.experiment):
        stages += long_table.stage_rows(args.experiment, stage, record)
    runs = map(study.runs.__getitem__, study.run_ids(args.experiment))
    head = long_table.layout(args.experiment, runs, stages)
    # One run after the other: together their results may not fit in memory.
    parts = long_table.chunks(head, _results(study, args.experiment), stages)
    long_table_files.write(args.out, long_table_files.schema_of(head), parts)


def _results(study: Study, experiment: str) -> Iterator[tuple[Run, dict[str, Any], dict[str, Any]]]:
    """Each run with its record and score index, both whole and of what lies there now."""
    keys = {m: discover.constant("mtdis.metrics", m.name(), "KEYS") for m in study.metrics}
    for run_id in study.run_ids(experiment):
        run = study.runs[run_id]
        path, index_path = Path(paths.run(run_id)), Path(paths.scores(run_id))
        record = records.read_record(path, run, "mtdis train")
        targets = targets_of(run)
        records.check_stood_on(
            path,
            record,
            "mtdis train",
            dataset=Path(paths.dataset(identify(run.dataset))),
            targets=Path(paths.targets(identify(targets))) if targets else None,
        )
        index = read_index(index_path, run_id)
        check_index(index_path, index, record, keys)
        if experiment in study.calibrated:
            calibrated = _calibrations(study, run_id, record)
            index = index | {"rows": [*index["rows"], *calibrated]}
        yield run, record, index


def _calibrations(study: Study, run_id: str, record: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    path = Path(paths.calibration(run_id))
    index = calibrations.read_whole(path, record, study.calibrations)
    wanted = {(m.settings_id, m.seed, identify(c)) for m, c in study.calibrations}
    wanted.add(calibrations.OF_CODES)
    about = ("settings", "metric_seed", "calibration")
    return [row for row in index["rows"] if tuple(row[part] for part in about) in wanted]


def _stages(study: Study, experiment: str) -> Iterator[tuple[Stage, dict[str, Any]]]:
    for stage in study.experiments[experiment].stages:
        stage_id = identify(stage)
        path, parents = Path(paths.stage(stage_id)), study.stage_parents(stage_id)
        record = records.read_record(path, stage, "mtdis stage")
        sources = {name: Path(str(found)) for name, found in parents.items() if found}
        records.check_stood_on(path, record, "mtdis stage", **sources)
        yield stage, record
