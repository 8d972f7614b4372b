"""`mtdis status` counts runs by experiment and dimension, scores and their errors, and names mixed
kernels; as text it says the same.
"""

import json
from pathlib import Path
from typing import Any

import pytest
from helpers.small_results import CONFIG, finish, of_kind, score, study_in, text

from mtdis import paths
from mtdis.artifacts import scores
from mtdis.cli import main
from mtdis.operations.status import study_status
from mtdis.study import Study


@pytest.fixture
def study(tmp_path: Path) -> Study:
    return study_in(tmp_path)


def test_counts_are_given_by_experiment_and_dimension(study: Study) -> None:
    for seed in (1, 2):
        finish(study, of_kind(study, "random", seed))
    finish(study, of_kind(study, "multi_head", 1))
    dimensions = study_status(study, Path())["experiments"]["one"]["dimensions"]
    assert set(dimensions) == {"kind", "seed"}
    assert {kind: counts["done"] for kind, counts in dimensions["kind"].items()} == {
        "random": 2,
        "single_task": 0,
        "multi_head": 1,
    }
    assert {seed: (c["all"], c["done"]) for seed, c in dimensions["seed"].items()} == {
        "1": (3, 2),
        "2": (3, 1),
    }


def test_a_dataset_and_a_nested_field_are_dimensions(tmp_path: Path) -> None:
    one = CONFIG["experiments"]["one"] | {
        "kind": "multi_head",
        "tasks": {"count": [2, 3]},
        "head_layers": [[8], [9]],
    }
    study = study_in(tmp_path, CONFIG | {"experiments": {"one": one}})
    dimensions = study_status(study, Path())["experiments"]["one"]["dimensions"]
    assert {path: list(values) for path, values in dimensions.items()} == {
        "seed": ["1", "2"],
        "head_layers": ["8", "9"],
        "tasks.count": ["2", "3"],
    }


def test_what_a_dataset_decides_is_no_dimension_of_its_own(tmp_path: Path) -> None:
    sprites = {"name": "dsprites_rendered", "image_size": 16, "subgrid": {"orientation": 6}}
    rooms = {"name": "shapes3d_rendered", "image_size": 16, "subgrid": {"orientation": 4}}
    one = CONFIG["experiments"]["one"] | {"dataset": [sprites, rooms], "latent_size": [4, 6]}
    study = study_in(tmp_path, CONFIG | {"experiments": {"one": one}})
    dimensions = study_status(study, Path())["experiments"]["one"]["dimensions"]
    assert set(dimensions) == {"kind", "dataset", "seed", "latent_size"}


def test_scores_and_their_errors_are_counted(study: Study) -> None:
    good, bad, failed = (
        of_kind(study, "random"),
        of_kind(study, "multi_head"),
        of_kind(study, "multi_head", 2),
    )
    for run_id in (good, bad, failed):
        finish(study, run_id)
    score(study, good)
    rows = json.loads(score(study, bad, error='ValueError: "error": ""').read_text())["rows"]
    text(paths.log("scores", failed), "mtdis: error: codes.h5 is missing\n")
    found = study_status(study, Path())
    assert found["failed_metrics"] == {bad: len(rows)}
    assert found["total"]["scores"]["done"] == 2
    assert [(f["rule"], f["id"], f["last_line"]) for f in found["failed"]] == [
        ("scores", failed, "mtdis: error: codes.h5 is missing")
    ]


def test_scores_of_some_metrics_only_are_missing(study: Study) -> None:
    run_id, other = of_kind(study, "single_task"), of_kind(study, "random")
    for one in (run_id, other):
        finish(study, one)
    score(study, run_id)
    index = score(study, other, error="ValueError: one class")
    assert (
        study_status(study, Path())["total"]["scores"]["done"] == 2
    )  # a metric that failed is not missing
    seeds = {"metrics": CONFIG["metrics"] | {"dci": {"seed": [0, 1]}}}
    assert study_status(study_in(Path(), CONFIG | seeds), Path())["total"]["scores"]["done"] == 0
    content = json.loads(index.read_text())
    kept = [row for row in content["rows"] if row["metric"] != "dci"]
    scores.write_index(index, content["run"], content["codes_sha256"], [], kept, {})
    states = study_status(study, Path())["states"]["scores"]
    assert (states[run_id], states[other]) == ("done", "missing")


def test_text_names_what_failed_and_json_has_the_same(
    study: Study, capsys: pytest.CaptureFixture[str]
) -> None:
    run_id = of_kind(study, "multi_head")
    text(paths.log("train", run_id), "mtdis: error: no memory\n")
    assert main(["status"]) == 0
    out = capsys.readouterr().out
    assert f"failed: {run_id}\n  {paths.log('train', run_id)}: mtdis: error: no memory" in out
    lines = out.splitlines()
    head = [
        "experiment",
        "runs",
        "done",
        "running",
        "failed",
        "diverged",
        "missing",
        "scored",
        "stages",
    ]
    assert lines[0].split() == head
    assert main(["status", "--json"]) == 0
    told: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert set(told) == {
        "study",
        "experiments",
        "total",
        "failed",
        "failed_metrics",
        "diverged",
        "stale",
        "calibrated",
        "trainings",
        "mixed_kernels",
        "unsealed",
        "states",
    }
    assert told["states"]["runs"][run_id] == "failed"


def test_nothing_is_written(study: Study, tmp_path: Path) -> None:
    before = sorted(tmp_path.rglob("*"))
    assert main(["status"]) == 0
    assert sorted(tmp_path.rglob("*")) == before


def test_mixed_kernels_are_named(study: Study, capsys: pytest.CaptureFixture[str]) -> None:
    ours, theirs, resumed = (
        of_kind(study, kind) for kind in ("random", "single_task", "multi_head")
    )
    finish(study, ours, kernels="ATen AVX512, 1 thread")
    assert main(["status"]) == 0
    assert "kernels" not in capsys.readouterr().out
    finish(study, theirs, kernels="ATen AVX2, 4 threads")
    finish(
        study,
        resumed,
        kernels="ATen AVX2, 1 thread",
        resumed_from_other_kernels=["ATen AVX512, 1 thread"],
    )
    finish(study, of_kind(study, "random", 2))  # from before kernels were recorded
    assert study_status(study, Path())["mixed_kernels"] == {
        "libraries": {"ATen": {"AVX2": 2, "AVX512": 1}},
        "resumed": [resumed],
    }
    assert main(["status"]) == 0
    assert (
        "mixed kernels: ATen AVX2 (2), AVX512 (1); 1 begun by others than finished by; their bytes"
        " differ (docs/same-bytes.md)"
    ) in capsys.readouterr().out


def test_scores_count_among_mixed_kernels(study: Study) -> None:
    ours, theirs, unfinished = (
        of_kind(study, kind) for kind in ("random", "single_task", "multi_head")
    )
    for run_id in (ours, theirs, unfinished):
        finish(study, run_id, kernels="ATen AVX2, BLAS Haswell, 1 thread")
    score(study, ours, kernels="BLAS Haswell, 1 thread")
    score(study, theirs)  # from before indexes named kernels
    assert study_status(study, Path())["mixed_kernels"]["libraries"] == {}
    score(study, theirs, kernels="BLAS SkylakeX, 1 thread")
    assert study_status(study, Path())["mixed_kernels"] == {
        "libraries": {"BLAS": {"Haswell": 4, "SkylakeX": 1}},
        "resumed": [],
    }
