"""The status of a study: the state of each run, of its scores and of each stage, counted by
experiment and dimension.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from mtdis import paths
from mtdis.artifacts.reached import read_reached
from mtdis.artifacts.records import UNSEALED
from mtdis.operations import inventory
from mtdis.operations.dimensions import ids_by_value
from mtdis.operations.inventory import DIVERGED, DONE, MISSING, STALE
from mtdis.operations.job_states import (
    FAILED,
    QUEUED,
    RUNNING,
    STOPPED,
    Job,
    State,
    job_of,
    job_states,
)
from mtdis.operations.mixed_kernels import mixed_kernels
from mtdis.specs.ids import identify
from mtdis.study import Study

STATES = (DONE, RUNNING, QUEUED, FAILED, DIVERGED, STALE, STOPPED, MISSING)
"""Every run, stage or score index is in one of these."""


def study_status(study: Study, folder: Path) -> dict[str, Any]:
    """States of runs, scores and stages by id, counts of them, what failed, diverged or is stale,
    with reasons, how far the trainings are that run or have stopped, kinds of kernels that are
    mixed.
    """
    runs, stages = inventory.runs(study, folder), inventory.stages(study, folder)
    missing = [i for i, one in {**runs, **stages}.items() if one.standing == MISSING]
    lost = job_states({i: job_of(i) for i in missing}, folder)
    indexes = inventory.scores(study, folder, runs)
    calibrated = inventory.calibrations(study, folder, runs)
    summaries = indexes.finished if study.metrics else {}
    wanted = runs if study.metrics else ()
    scores = {
        i: DONE if i in summaries else STALE if i in indexes.stale else MISSING for i in wanted
    }
    scoring = {
        i: Job(paths.scores(i), paths.log("scores", i), paths.benchmark("scores", i))
        for i, standing in scores.items()
        if standing == MISSING
    }
    unscored = job_states(scoring, folder)
    state = {
        "runs": {i: _state(i, found, lost) for i, found in runs.items()},
        "scores": {i: unscored[i].name if i in unscored else s for i, s in scores.items()},
        "stages": {i: _state(i, found, lost) for i, found in stages.items()},
    }
    return {
        "study": study.name,
        "experiments": {e: _experiment(study, e, state) for e in study.experiments},
        "total": {what: counted(states.values()) for what, states in state.items()},
        "failed": [
            *_failed("train", runs, lost),
            *_failed("scores", scores, unscored),
            *_failed("stages", stages, lost),
        ],
        "failed_metrics": {
            i: sum(one.failed.values()) for i, one in summaries.items() if one.failed
        },
        "diverged": {
            i: inventory.diverged(f.record)
            for i, f in {**runs, **stages}.items()
            if f.standing == DIVERGED
        },
        "stale": _stale({**runs, **stages}, indexes, calibrated),
        "calibrated": _calibrated(study, calibrated),
        "trainings": _trainings(folder, runs, stages, state),
        "mixed_kernels": mixed_kernels([*runs.values(), *stages.values()], summaries),
        "unsealed": _unsealed([*runs.values(), *stages.values()], indexes),
        "states": state,
    }


def _trainings(
    folder: Path,
    runs: Iterable[str],
    stages: Iterable[str],
    state: Mapping[str, Mapping[str, str]],
) -> dict[str, dict[str, Any]]:
    """How far each training is that runs or has stopped half-way, by id: those that run first, in
    the order of their expected ends.
    """
    records = {
        **{i: (state["runs"][i], folder / paths.run(i)) for i in runs},
        **{i: (state["stages"][i], folder / paths.stage(i)) for i in stages},
    }
    found = [
        (i, standing, reached)
        for i, (standing, record) in records.items()
        if standing in (RUNNING, STOPPED) and (reached := read_reached(record))
    ]
    found.sort(key=lambda one: (one[1] != RUNNING, one[2].ends or float("inf")))
    return {i: {"state": standing} | asdict(reached) for i, standing, reached in found}


def _stale(
    found: Mapping[str, inventory.Found], indexes: inventory.Scores, calibrated: Mapping[str, str]
) -> dict[str, str]:
    """Why a result that is there can't be used, by what it is."""
    return (
        {i: one.problem for i, one in found.items() if one.standing == STALE}
        | {f"scores of {i}": why for i, why in indexes.stale.items()}
        | {f"calibration of {i}": why for i, why in calibrated.items() if why}
    )


def _calibrated(study: Study, found: Mapping[str, str]) -> dict[str, int]:
    """The number of runs whose scores are calibrated, and of those for which this is wanted."""
    return {"done": sum(not why for why in found.values()), "all": len(study.calibrated_runs)}


def _unsealed(found: Iterable[inventory.Found], indexes: inventory.Scores) -> int:
    """The number of results from before their records held a checksum of themselves."""
    records = [one for one in found if one.record.get("format") == UNSEALED]
    return len(records) + sum(not one.codes_sha256 for one in indexes.finished.values())


def counted(states: Iterable[str]) -> dict[str, int]:
    """The number in each state, and of all."""
    counts = Counter(states)
    return {"all": counts.total(), **{name: counts[name] for name in STATES}}


def _state(some_id: str, found: inventory.Found, lost: Mapping[str, State]) -> str:
    return lost[some_id].name if some_id in lost else found.standing


def _failed(rule: str, wanted: Iterable[str], lost: Mapping[str, State]) -> list[dict[str, str]]:
    failed = [(i, lost[i]) for i in wanted if i in lost and lost[i].name == FAILED]
    return [
        {"rule": rule, "id": i, "log": paths.log(rule, i), "last_line": s.last_line}
        for i, s in failed
    ]


def _experiment(
    study: Study, experiment: str, state: Mapping[str, Mapping[str, str]]
) -> dict[str, Any]:
    ids = study.run_ids(experiment)
    stages = [identify(stage) for stage in study.experiments[experiment].stages]
    return {
        "runs": counted(state["runs"][i] for i in ids),
        "scores": counted(state["scores"][i] for i in ids if i in state["scores"]),
        "stages": counted(state["stages"][i] for i in stages),
        "dimensions": {
            path: {value: counted(state["runs"][i] for i in of) for value, of in values.items()}
            for path, values in ids_by_value({i: study.runs[i] for i in ids}).items()
        },
    }
