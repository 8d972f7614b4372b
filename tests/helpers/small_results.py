"""A results folder as the commands find it: made by the real writers, without training."""

import json
import os
import time
from base64 import urlsafe_b64encode
from collections.abc import Iterable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from helpers.small_study import DATASET, LEARNING

from mtdis import paths
from mtdis.artifacts import calibrations, files, records, runs, scores, stages
from mtdis.artifacts.calibrations import NULLS, SPECTRUM, place, write_calibration
from mtdis.artifacts.stages import Outcome
from mtdis.operations import job_states
from mtdis.scoring import run_calibrations
from mtdis.scoring.run_calibrations import Job
from mtdis.specs.ids import identify
from mtdis.specs.run import TaskRun
from mtdis.study import Study

CONFIG: dict[str, Any] = {
    "name": "small",
    "metrics": {"mig": {}, "sap": {}, "factor_vae": {}, "dci": {}},
    "experiments": {
        "one": {
            "kind": ["random", "single_task", "multi_head"],
            **LEARNING,
            "seed": [1, 2],
            "tables": ["table5"],
        }
    },
}
SECONDS = 7.5


def study_in(folder: Path, config: Mapping[str, Any] = CONFIG) -> Study:
    """The study, its config.yaml written."""
    (folder / "config.yaml").write_text(json.dumps(config))
    return Study.from_config(config)


def of_kind(study: Study, kind: str, seed: int = 1) -> str:
    """The id of the run of a kind and seed."""
    (found,) = [i for i, run in study.runs.items() if run.name() == kind and run.seed == seed]
    return found


def finish(
    study: Study,
    run_id: str,
    diverged: Iterable[str] = (),
    seconds: float = SECONDS,
    **execution: Any,
) -> Path:
    """Write a finished run; its record."""
    run, rng = study.runs[run_id], np.random.default_rng(study.runs[run_id].seed)
    tasks = run.tasks.count if isinstance(run, TaskRun) else 0
    losses = {
        part: {key: rng.random(tasks).tolist() for key in ("mse", "r2", "target_variance")}
        for part in ("train", "validation", "test")
    }
    networks = [
        {"network": name, "diverged": name in diverged, "losses": losses if tasks else {}}
        for name in run.networks
    ]
    record = Path(paths.run(run_id))
    files.record_id(run)
    runs.write_run(
        record,
        run,
        result={"networks": networks},
        weights={},
        history=[],
        rows=np.arange(4),
        codes={name: np.zeros((4, 8), np.float32) for name in run.networks},
        execution={
            "device": "cpu (1 thread)",
            "seconds": seconds,
            "commit": "abc",
            "versions": {"torch": "2"},
        }
        | execution,
        stood_on={},
    )
    return record


def score(study: Study, run_id: str, error: str = "", **execution: Any) -> Path:
    """Write a run's score index and its benchmark; its path."""
    rng, run = np.random.default_rng(0), study.runs[run_id]
    about = {"transform": "none", "draw": 0, "metric_seed": 0, "diverged": False, "error": error}
    rows = [
        about
        | {"network": n, "metric": m.name(), "settings": identify(m), "key": key}
        | {"value": None if error else rng.random()}
        for m in study.metrics
        for n in run.networks
        for key in import_module(f"mtdis.metrics.{m.name()}").KEYS
    ]
    index = Path(paths.scores(run_id))
    scores.write_index(index, run_id, codes_of(run_id), [], rows, execution)
    text(paths.benchmark("scores", run_id), "s\tcpu_time\n10.0\t12.0\n")
    return index


def calibrate(study: Study, run_id: str) -> Path:
    """Write a run's calibrated scores with made-up values, and their index; its path."""
    index, rows = Path(paths.calibration(run_id)), []
    rng, codes = np.random.default_rng(0), codes_of(run_id)
    spectrum = dict.fromkeys(SPECTRUM, 1.0)
    for network in study.runs[run_id].networks:
        for pair in study.calibrations:
            keys = import_module(f"mtdis.metrics.{pair.metric.name()}").KEYS
            values = {
                key: {
                    **dict.fromkeys(("none", "standardised", "whitened"), rng.random()),
                    **dict.fromkeys(("oriented", "perfect"), 1.0),
                    **{null: rng.random(pair.calibration.rotations).tolist() for null in NULLS},
                }
                for key in keys
            }
            job = Job(run_id, network, pair, codes, place(index.parent, pair, network))
            write_calibration(job.target, network, pair, codes, spectrum, values)
            rows += run_calibrations.rows(job, diverged=False, error="")
        rows += run_calibrations.spectrum_rows(job)
    calibrations.write_index(index, run_id, codes, {}, rows)
    return index


def codes_of(run_id: str) -> str:
    """The checksum of a run's codes by its record; of nothing if there is none yet."""
    record = Path(paths.run(run_id))
    if not record.exists():
        return "0" * 64
    found: str = records.read_json(record, "")["files"]["codes.h5"]["sha256"]
    return found


def finish_stage(study: Study, stage_id: str, *rows: Mapping[str, Any]) -> Path:
    """Write a finished stage with these values; its record."""
    record = Path(paths.stage(stage_id))
    stages.write_stage(record, study.stages[stage_id], Outcome(rows=rows), {"seconds": SECONDS}, {})
    return record


def text(path: str, content: str) -> Path:
    """Write a text file, its folder made."""
    made = Path(path)
    made.parent.mkdir(parents=True, exist_ok=True)
    made.write_text(content)
    return made


def mark(output: str, slurm: str | None = None) -> Path:
    """What Snakemake notes of a job that it started."""
    name = urlsafe_b64encode(output.encode()).decode()
    parts = [name[i : i + 254] for i in range(0, len(name), 254)]
    path = "/".join([".snakemake/incomplete", *("@" + part for part in parts[:-1]), parts[-1]])
    return text(path, json.dumps({"external_jobid": slurm}))


def long_ago(*files: Path) -> None:
    """Give files a time at which nothing under way would have left them."""
    then = time.time() - job_states.FRESH - 60
    for path in files:
        os.utime(path, (then, then))


__all__ = [
    "CONFIG",
    "DATASET",
    "LEARNING",
    "SECONDS",
    "finish",
    "finish_stage",
    "long_ago",
    "mark",
    "of_kind",
    "score",
    "study_in",
    "text",
]
