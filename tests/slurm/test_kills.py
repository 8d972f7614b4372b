"""Twenty kills under a study on the cluster, ten of each training, at steps drawn from a stored
seed.
"""

import json
import os
import shutil
import signal
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from safetensors import SafetensorError, safe_open

from tests.workflow.conftest import snakemake

from .conftest import EPOCHS, SlurmStudy, results, until
from .test_faults import process_of_training
from .test_submission import change

pytestmark = pytest.mark.slurm

SEED, KILLS, STEPS_OF_AN_EPOCH = 20261122, 10, 4  # 72 images in batches of 16


def drawn_steps() -> dict[str, list[int]]:
    """The seed of a run → the steps after which it is killed, at a checkpoint.

    In the first third: none comes late.
    """
    steps = np.random.RandomState(SEED).randint(1, EPOCHS * STEPS_OF_AN_EPOCH // 3, (2, KILLS))
    return {str(seed): sorted(row.tolist()) for seed, row in enumerate(steps, start=1)}


def steps_done(run: Path) -> int:
    """The steps that a run's checkpoint holds; none if there is no whole one at this moment."""
    with (
        suppress(OSError, SafetensorError, FileNotFoundError),
        safe_open(run / "checkpoint.safetensors", "np") as file,
    ):
        about = json.loads(file.metadata()["about"])
        return int(about["epoch"]) * STEPS_OF_AN_EPOCH + int(about["step"])
    return 0


def kill_where_due(study: SlurmStudy, left: dict[str, list[int]]) -> bool:
    """Kill the trainings that have come to their next step; whether no kill is left."""
    for number, state, _ in study.jobs("rule_train"):
        with suppress(
            AssertionError, ProcessLookupError, OSError
        ):  # it has not begun, or has ended meanwhile
            process = process_of_training(number) if state == "RUNNING" else 0
            words = Path(f"/proc/{process}/cmdline").read_bytes().decode().split("\0")
            seed = str(json.loads(words[words.index("--spec") + 1])["seed"])
            [run] = (study.path / "results/runs").glob(f"multi_head+*+seed={seed}+*")
            if left[seed] and steps_done(run) >= left[seed][0]:
                os.kill(process, signal.SIGKILL)
                left[seed].pop(0)
    assert study.process
    assert study.process.poll() is None or not any(left.values()), study.said
    return not any(left.values())


def test_twenty_kills_cost_no_bit(study: SlurmStudy, checkout: Path, tmp_path: Path) -> None:
    change(study, kind="multi_head", seed=[1, 2])
    undisturbed = shutil.copytree(study.path, tmp_path / "undisturbed")
    done = snakemake(checkout=checkout, folder=undisturbed)
    assert done.returncode == 0, done.stdout
    study.start("--retries", "15", "--set-resources", "train:runtime=60", "train:mem_mb=3000")
    left = drawn_steps()
    until("twenty kills", lambda: kill_where_due(study, left), 600)
    assert study.finish() == 0, study.said
    states = [job["State"] for job in study.accounted("train")]
    assert (states.count("FAILED"), states.count("COMPLETED")) == (2 * KILLS, 2)
    assert results(study.path) == results(undisturbed)
