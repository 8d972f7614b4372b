"""The description of one run or stage: spec, losses, scores, what made it, and its files."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from statistics import fmean
from typing import Any

from mtdis import paths
from mtdis.artifacts import calibrations
from mtdis.artifacts.reached import losses_so_far, read_reached
from mtdis.artifacts.records import read_json, read_record
from mtdis.errors import ArtifactError, ConfigError, UserError
from mtdis.operations import inventory
from mtdis.operations.job_states import RUNNING, STOPPED, state_of
from mtdis.specs.base import Spec
from mtdis.specs.expectation import counts, counts_text, symmetry
from mtdis.specs.ids import AFTER_PARENT, flatten, identify
from mtdis.specs.run import Run
from mtdis.specs.stage import Stage
from mtdis.specs.targets import targets_of
from mtdis.study import Study

LOSSES = ("mse", "r2")
"""The losses of the test split that are shown."""


def describe(some_id: str, study: Study | None, folder: Path) -> dict[str, Any]:
    """Standing, spec, losses, scores, execution, and files with their sizes of a run or stage; of
    one that is being trained, how far it is.
    """
    output = paths.stage(some_id) if AFTER_PARENT in some_id else paths.run(some_id)
    record: dict[str, Any] = {}
    problem = ""
    try:
        record = read_json(folder / output, "snakemake") if (folder / output).exists() else {}
    except ArtifactError as error:
        problem = str(error)
    spec = _spec(some_id, record, study)
    problem = problem or _disagreement(folder / output, record, spec, some_id)
    fields = spec.resolved() if spec else record.get("spec", {})
    rows = _rows(folder, some_id, record)
    calibrated = _calibrated(folder, some_id)
    errors = [f"{r['metric']} of {r['network']}: {r['error']}" for r in rows if r.get("error")]
    errors += [f"{r['metric']} of {r['network']}: {r['error']}" for r in calibrated if r["error"]]
    if problem:
        standing = inventory.STALE
    elif not (folder / output).exists():
        standing = state_of(some_id, folder).name
    else:
        standing = inventory.DIVERGED if inventory.diverged(record) else inventory.DONE
    under_way = standing in (RUNNING, STOPPED)
    return {
        "id": some_id,
        "standing": standing,
        "problem": problem,
        "spec": {
            path: " ".join(map(str, v)) or "none" if isinstance(v, (list, tuple)) else v
            for path, v in flatten(fields)
        },
        "expected": expected(spec) if isinstance(spec, Run) else {},
        "result": record.get("result", {}),
        "losses": losses(record),
        "training": training(folder / output) if under_way else {},
        "values": values(rows),
        "errors": list(dict.fromkeys(errors)),
        "scores": rows,
        "calibrated": values([row for row in calibrated if row["transform"] == "none"]),
        "calibrations": calibrated,
        "execution": record.get("execution", {}),
        "files": {
            path: (folder / path).stat().st_size if (folder / path).exists() else None
            for path in _files(some_id, output, record, spec)
        },
    }


def training(record: Path) -> dict[str, Any]:
    """How far a training is whose record is not there yet, and each network's losses so far; empty
    if nothing says so.
    """
    reached = read_reached(record)
    return asdict(reached) | {"losses": losses_so_far(record)} if reached else {}


def known(study: Study | None, folder: Path) -> dict[str, Spec | None]:
    """The runs and stages that the study wants or that are there, with the specs of the former.

    ConfigError if there are none.
    """
    there = [*inventory.names(folder / inventory.RUNS), *inventory.names(folder / inventory.STAGES)]
    found: dict[str, Spec | None] = {**study.runs, **study.stages} if study else {}
    found |= {i: None for i in there if i not in found}
    if not found:
        raise ConfigError(
            f"there are no runs in {(folder / inventory.RUNS).resolve()} and no config.yaml that"
            " wants some."
        )
    return found


def _spec(some_id: str, record: Mapping[str, Any], study: Study | None) -> Spec | None:
    """The spec by the study or else the record; None if the record's is of another version."""
    wanted = {**study.runs, **study.stages} if study else {}
    if some_id in wanted:
        return wanted[some_id]
    try:
        spec: Spec | None = (
            Run.from_fields(record["spec"])
            if "kind" in record["spec"]
            else Stage.from_fields(record["spec"])
        )
    except (KeyError, ValueError):
        return None
    return spec


def _disagreement(path: Path, record: Mapping[str, Any], spec: Spec | None, some_id: str) -> str:
    if not record:
        return ""
    if spec is None:
        return "its spec is of another version than this mtdis."
    if identify(spec) != some_id:
        return f"its spec is that of {identify(spec)}."
    try:
        read_record(path, spec, "snakemake")
    except UserError as error:
        return str(error)
    return ""


def expected(run: Run) -> dict[str, str]:
    """What theory expects of the axes of a run's codes, and its tasks beside the factors."""
    numbers = counts(run)
    return {"symmetry": symmetry(run)} | ({"tasks": counts_text(numbers)} if numbers else {})


def losses(record: Mapping[str, Any]) -> dict[str, dict[str, float | None]]:
    """The losses on the test split by network, means over its heads; none of networks without."""
    found: dict[str, dict[str, float | None]] = {}
    for network in record.get("result", {}).get("networks", []):
        test = network["losses"].get("test", {})
        means = {
            name: None if None in test[name] else fmean(test[name])
            for name in LOSSES
            if test.get(name)
        }
        if means:
            found[network["network"]] = means
    return found


def _rows(folder: Path, some_id: str, record: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The rows of a run's score index, or of a stage's record."""
    if AFTER_PARENT in some_id:
        return list(record.get("result", {}).get("rows", []))
    path = folder / paths.scores(some_id)
    return list(read_json(path, "mtdis scores")["rows"]) if path.exists() else []


def _calibrated(folder: Path, some_id: str) -> list[dict[str, Any]]:
    """The rows of a run's calibrations; none of a stage, or where none are."""
    if AFTER_PARENT in some_id or not (path := folder / paths.calibration(some_id)).exists():
        return []
    return list(calibrations.read_index(path, some_id)["rows"])


def values(rows: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Mean, lowest, highest and number of each score's values, over networks and metric seeds."""
    found: dict[str, list[float]] = {}
    for row in rows:
        found.setdefault(score_name(row), []).extend([] if row["value"] is None else [row["value"]])
    summaries: dict[str, dict[str, Any]] = {}
    for name, each in found.items():
        ends = {"mean": fmean(each), "lowest": min(each), "highest": max(each)} if each else {}
        summaries[name] = {"mean": None, "lowest": None, "highest": None, "n": len(each)} | ends
    return summaries


def score_name(row: Mapping[str, Any]) -> str:
    """Settings and key of a score: `dci+num_train=2000 completeness`."""
    return f"{row.get('settings') or row['metric']} {row['key']}".strip()


def _files(some_id: str, output: str, record: Mapping[str, Any], spec: Spec | None) -> list[str]:
    """The paths of its files, relative to the folder that snakemake works in."""
    rule = "stages" if AFTER_PARENT in some_id else "train"
    beside = [str(Path(output).with_name(name)) for name in record.get("files", {})]
    own = [output, *beside, paths.log(rule, some_id), paths.benchmark(rule, some_id)]
    if isinstance(spec, Stage):
        return own
    scored = [
        paths.scores(some_id),
        paths.log("scores", some_id),
        paths.calibration(some_id),
        paths.log("calibrate", some_id),
    ]
    if not isinstance(spec, Run):
        return [*own, *scored]
    targets = targets_of(spec)
    return [
        *own,
        *scored,
        paths.dataset(identify(spec.dataset)),
        *([paths.targets(identify(targets))] if targets else []),
    ]
