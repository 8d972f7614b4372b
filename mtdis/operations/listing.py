"""Runs and stages in a list: how each stands, and the fields by which they are told apart."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from mtdis import paths
from mtdis.operations import inventory
from mtdis.operations.dimensions import NOT_READ, ids_by_value
from mtdis.operations.inventory import DONE, FINISHED, MISSING
from mtdis.operations.job_states import job_of, job_states
from mtdis.operations.selection import Known
from mtdis.specs.ids import AFTER_PARENT
from mtdis.specs.run import Run
from mtdis.study import Study


@dataclass(frozen=True)
class Line:
    """A run or stage, how it stands, and its kind and values of the fields that not all have alike,
    as words that select it; none of a stage and of a run that the study does not want.
    """

    id: str
    state: str
    fields: Mapping[str, str]


def of_study(study: Study, folder: Path) -> list[Line]:
    """All runs of a study, finished ones first."""
    return of_ids(study.runs, study.runs, folder)


def of_ids(ids: Iterable[str], known: Known, folder: Path) -> list[Line]:
    """These runs and stages, finished ones first."""
    chosen = {i: known[i] for i in ids}
    states = _states(chosen, folder)
    runs = {i: spec for i, spec in chosen.items() if isinstance(spec, Run)}
    fields: dict[str, dict[str, str]] = {i: {"kind": run.name()} for i, run in runs.items()}
    for path, values in ids_by_value(runs).items():
        for value, having in values.items():
            for i in having if value != NOT_READ else ():
                fields[i][path] = value.replace(" ", "_")
    lines = [Line(i, states[i], fields.get(i, {})) for i in chosen]
    return sorted(lines, key=lambda line: line.state not in FINISHED)


def _states(chosen: Known, folder: Path) -> dict[str, str]:
    """How each stands; of what no config wants, whether its record is there."""
    found = {}
    for i, spec in chosen.items():
        path = folder / (paths.stage(i) if AFTER_PARENT in i else paths.run(i))
        there = inventory.found(path, spec).standing if spec else None
        found[i] = there or (DONE if os.path.lexists(path) else MISSING)
    missing = {i: job_of(i) for i, state in found.items() if state == MISSING}
    return found | {i: state.name for i, state in job_states(missing, folder).items()}
