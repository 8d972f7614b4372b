"""A study so small that whole commands run in tests: 8x8 images, a complete grid of 96 rows."""

import json
from pathlib import Path
from typing import Any

from mtdis.cli import main
from mtdis.specs.run import Run
from mtdis.specs.targets import targets_of

DATASET: dict[str, Any] = {
    "name": "dsprites_rendered",
    "image_size": 8,
    "subgrid": {"scale": 2, "orientation": 4, "posX": 2, "posY": 2},
}
TASKS: dict[str, Any] = {"count": 3, "input_scaling": "unit"}
FIELDS: dict[str, Any] = {"seed": 1, "dataset": DATASET}
LEARNING: dict[str, Any] = FIELDS | {
    "tasks": TASKS,
    "epochs": 2,
    "batch_size": 16,
    "head_layers": [16],
}


def spec_of(kind: str, **changes: Any) -> dict[str, Any]:
    """The elided spec of a small run."""
    return {"kind": kind} | (FIELDS if kind == "random" else LEARNING) | changes


def make_data(folder: Path) -> None:
    """Write dataset and targets into a folder."""
    dataset = ["dataset", "--spec", json.dumps(DATASET), "--out", str(folder / "d.json")]
    spec = json.dumps({"dataset": DATASET, "tasks": TASKS})
    targets = [
        "targets",
        "--spec",
        spec,
        "--dataset",
        str(folder / "d.json"),
        "--out",
        str(folder / "t.json"),
    ]
    assert main(dataset) == 0
    assert main(targets) == 0


def train(data: Path, out: Path, spec: dict[str, Any]) -> int:
    """Train a run by the command; its exit status."""
    learns = targets_of(Run.from_fields(spec)) is not None
    targets = ["--targets", str(data / "t.json")] if learns else []
    words = [
        "--spec",
        json.dumps(spec),
        "--dataset",
        str(data / "d.json"),
        *targets,
        "--out",
        str(out),
    ]
    return main(["train", *words])


def score(
    data: Path, record: Path, out: Path, spec: dict[str, Any], metrics: list[dict[str, Any]]
) -> int:
    """Score a run by the command; its exit status."""
    words = ["--spec", json.dumps(spec), "--metrics", json.dumps(metrics), "--run", str(record)]
    return main(["scores", *words, "--dataset", str(data / "d.json"), "--out", str(out)])
