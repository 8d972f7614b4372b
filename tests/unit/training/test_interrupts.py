"""Ctrl-C and SIGTERM: a checkpoint first, then a sentence and the usual exit status; the resumed
training ends in the bytes of the undisturbed one.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from helpers.small_study import spec_of, train

from mtdis.artifacts.records import CHECKPOINT, PROGRESS
from mtdis.cli import main
from mtdis.stages import _training as stage_training
from mtdis.training import interrupts
from mtdis.training import loop as training
from mtdis.training import run as training_run

pytestmark = pytest.mark.slow
KINDS = ("multi_head", "single_task")
NAMES = {signal.SIGINT: "interrupted by SIGINT", signal.SIGTERM: "interrupted by SIGTERM"}


def signalling(number: int, steps: int) -> Callable[[Any], training.Observer]:
    """What makes an observer that sends this process a signal after so many steps."""
    left = [steps]

    def observe(step: training.Step) -> None:
        left[0] -= not step.resumed
        if left[0] == 0:
            os.kill(os.getpid(), number)

    return lambda _: observe


def header(checkpoint: Path) -> dict[str, Any]:
    raw = checkpoint.read_bytes()
    about = json.loads(raw[8 : 8 + int.from_bytes(raw[:8], "little")])["__metadata__"]["about"]
    return dict(json.loads(about))


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("number", "steps", "place"),
    [(signal.SIGINT, 3, (0, 3)), (signal.SIGTERM, 4, (1, 0)), (signal.SIGTERM, 8, (2, 0))],
    ids=["within an epoch", "at its end", "at the last step"],
)
def test_a_signal_saves_first_and_the_resumed_run_has_the_same_bytes(
    kind: str,
    number: signal.Signals,
    steps: int,
    place: tuple[int, int],
    data: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    spec, handlers = spec_of(kind), [signal.getsignal(n) for n in interrupts.SIGNALS]
    assert train(data, tmp_path / "whole/run.json", spec) == 0
    torn = tmp_path / "torn/run.json"
    with monkeypatch.context() as patch:
        patch.setattr(training_run, "watch", signalling(number, steps))
        assert train(data, torn, spec) == 128 + number
    assert NAMES[number] in capsys.readouterr().err
    about = header(torn.with_name(CHECKPOINT))
    assert (about["epoch"], about["step"]) == place
    assert not torn.exists()
    assert [signal.getsignal(n) for n in interrupts.SIGNALS] == handlers

    assert train(data, torn, spec) == 0
    for name in ("weights.safetensors", "history.csv"):
        assert (tmp_path / "torn" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()


def test_what_is_trained_is_saved_before_it_is_encoded(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training, "END_SECONDS", 0.0)  # as after a training that lasted

    def ended(*words: object) -> None:
        os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr(training_run, "encode", ended)
    record = tmp_path / "run/run.json"
    assert train(data, record, spec_of("multi_head")) == 128 + signal.SIGTERM
    assert header(record.with_name(CHECKPOINT))["epoch"] == 2
    left = {p.name for p in record.parent.iterdir()}
    assert left == {CHECKPOINT, PROGRESS, "history.csv", "lock"}


def test_trainings_in_threads_all_save(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs = [
        {
            "spec": spec_of("multi_head", seed=seed, epochs=10_000),  # none ends by itself
            "dataset": str(data / "d.json"),
            "targets": str(data / "t.json"),
            "out": str(tmp_path / f"{seed}/run.json"),
        }
        for seed in (1, 2, 3)
    ]
    (tmp_path / "jobs").write_text("\n".join(map(json.dumps, jobs)))
    under_way: set[int] = set()

    def watch(bar: Any) -> training.Observer:
        def observe(step: training.Step) -> None:
            under_way.add(id(bar))
            if len(under_way) == 2:
                os.kill(os.getpid(), signal.SIGTERM)

        return observe

    monkeypatch.setattr(training_run, "watch", watch)
    assert main(["train", "--jobs", "jobs", "--together", "2"]) == 128 + signal.SIGTERM
    assert [(tmp_path / f"{seed}" / CHECKPOINT).exists() for seed in (1, 2, 3)] == [
        True,
        True,
        False,
    ]


def test_a_stage_that_trains_saves_too(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parent = spec_of("random")
    assert train(data, tmp_path / "run.json", parent) == 0
    spec = {"stage": "decoder", "parent": parent, "network": "random", "epochs": 2}

    def stage(out: Path) -> int:
        files = [f"--parent={tmp_path / 'run.json'}", f"--dataset={data / 'd.json'}"]
        spec_text = json.dumps(spec | {"batch_size": 16})
        return main(["stage", "--spec", spec_text, *files, f"--out={out}"])

    assert stage(tmp_path / "whole/stage.json") == 0
    with monkeypatch.context() as patch:
        patch.setattr(stage_training, "watch", signalling(signal.SIGINT, 3))
        assert stage(tmp_path / "torn/stage.json") == 128 + signal.SIGINT
    assert header(tmp_path / "torn" / CHECKPOINT)["step"] == 3
    assert stage(tmp_path / "torn/stage.json") == 0
    for name in ("weights.safetensors", "history.csv"):
        assert (tmp_path / "torn" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()


def test_who_does_not_save_in_time_is_ended() -> None:
    script = """
import os, signal, threading
from mtdis.training import interrupts
interrupts.SECONDS = 0.05
with interrupts.handled(), interrupts.saving():
    os.kill(os.getpid(), signal.SIGTERM)
    threading.Event().wait()
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 128 + signal.SIGTERM
    assert "interrupted by SIGTERM" in done.stderr
    assert "Traceback" not in done.stderr
