"""Kills of each kind of run, at steps drawn from a stored seed: the bytes of the undisturbed run.

Three of each; ten are tried with -m simulation.
"""

import json
import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import h5py
import pytest
from helpers.places import ROOT
from helpers.small_study import spec_of

SEED = 20261122
KILLS = [3, pytest.param(10, marks=pytest.mark.simulation)]
STEPS = 4 * 12
"""72 training rows in batches of 16, twelve epochs."""


def words(data: Path, out: Path, kind: str) -> list[str]:
    spec = json.dumps(spec_of(kind, epochs=12))
    files = [
        "--dataset",
        str(data / "d.json"),
        "--targets",
        str(data / "t.json"),
        "--out",
        str(out),
    ]
    return ["train", "--spec", spec, *files, "--checkpoint-seconds", "0"]


def killed(steps: int, arguments: list[str]) -> int:
    script = [sys.executable, str(ROOT / "tests/helpers/kill_training.py"), str(steps)]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [*script, *arguments], env=environment, capture_output=True, check=False
    ).returncode


def contents(folder: Path) -> dict[str, bytes]:
    """The bytes that must not depend on kills: weights, arrays of codes, the record's result, the
    history.
    """
    found = {n: (folder / n).read_bytes() for n in ("weights.safetensors", "history.csv")}
    with h5py.File(folder / "codes.h5") as file:
        found |= {f"codes/{n}": table[()].tobytes() for n, table in file["codes"].items()}
    result = json.loads((folder / "run.json").read_text())["result"]
    return found | {"result": json.dumps(result, sort_keys=True).encode()}


@pytest.mark.parametrize("kills", KILLS)
@pytest.mark.parametrize("kind", ["single_task", "multi_head"])
def test_kills_give_the_bytes_of_the_undisturbed_run(
    kind: str, kills: int, data: Path, tmp_path: Path
) -> None:
    assert killed(STEPS + 1, words(data, tmp_path / "whole/run.json", kind)) == 0
    drawn = sorted(random.Random(f"{SEED}/{kind}").sample(range(1, STEPS), kills))
    done, whole = 0, contents(tmp_path / "whole")
    for step in drawn:
        # A killed step is not in the checkpoint: the restarted process begins with it.
        assert killed(step - done, words(data, tmp_path / "torn/run.json", kind)) == -signal.SIGKILL
        assert not (tmp_path / "torn/run.json").exists()
        history = (tmp_path / "torn/history.csv").read_bytes()
        assert whole["history.csv"].startswith(history)  # no hole and no double row
        ended = (step - 1) // 4
        assert history.count(b"\n") == 1 + ended * whole["history.csv"].count(b",12,")
        done = step - 1
    assert killed(STEPS + 1, words(data, tmp_path / "torn/run.json", kind)) == 0
    assert contents(tmp_path / "torn") == whole
    left = {path.name for path in (tmp_path / "torn").iterdir()}
    assert left == {"run.json", "codes.h5", "weights.safetensors", "history.csv"}
