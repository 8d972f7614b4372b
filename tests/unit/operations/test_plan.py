"""`mtdis plan`: what is stale or diverged, and the forecast against hand-computed hours and
bytes.
"""

import json
from pathlib import Path
from typing import Any

import pytest
from helpers.resealed import edited
from helpers.small_results import CONFIG, SECONDS, finish, finish_stage, of_kind, score, study_in

from mtdis.cli import main
from mtdis.operations import forecast, plan
from mtdis.operations.forecast import HOUR, Rate, work
from mtdis.specs.dataset import Dataset
from mtdis.study import Study


@pytest.fixture
def study(tmp_path: Path) -> Study:
    return study_in(tmp_path)


def planned(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    assert main(["plan", "--json", *words]) == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def test_stale_and_diverged_are_counted_and_named(
    study: Study, capsys: pytest.CaptureFixture[str]
) -> None:
    stale, diverged = of_kind(study, "random"), of_kind(study, "single_task")
    finish(study, stale).write_text("{")
    finish(study, diverged, ["task1", "task3"])
    found = planned(capsys)
    counts = {
        name: found["total"][name]
        for name in ("wanted", "finished", "missing", "stale", "diverged")
    }
    assert counts == {"wanted": 6, "finished": 1, "missing": 4, "stale": 1, "diverged": 1}
    assert found["diverged"] == {diverged: ["task1", "task3"]}
    assert list(found["stale"]) == [stale]
    assert main(["plan"]) == 0
    out = capsys.readouterr().out
    assert f"diverged: task1, task3 of {diverged}" in out
    assert "stale: results/runs/random" in out


def test_work_is_images_times_epochs_times_networks_times_pixels(study: Study) -> None:
    rows = 64  # 72 of the 96 images are for training: four batches of 16
    assert work(study.runs[of_kind(study, "multi_head")]) == rows * 2 * 1 * 8 * 8
    assert work(study.runs[of_kind(study, "single_task")]) == rows * 2 * 3 * 8 * 8
    assert work(study.runs[of_kind(study, "random")]) == 96 * 8 * 8


def test_work_is_that_of_the_split_which_holds_combinations_out(tmp_path: Path) -> None:
    learning = CONFIG["experiments"]["one"] | {"kind": "multi_head", "seed": [1], "batch_size": 8}
    held_out = learning | {
        "held_out": ["shape", "scale"]
    }  # 4 of 6 combinations train, 64 images and not 72
    study = study_in(tmp_path, CONFIG | {"experiments": {"one": learning, "two": held_out}})
    assert sorted(map(work, study.runs.values())) == [64 * 2 * 8 * 8, 72 * 2 * 8 * 8]


def test_the_terms_of_downloads_are_shown(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cars = {"kind": "random", "seed": [1, 2], "dataset": {"name": "cars3d"}}
    study_in(tmp_path, CONFIG | {"experiments": CONFIG["experiments"] | {"two": cars}})
    cls = Dataset.member("cars3d")
    assert planned(capsys)["downloads"] == {
        "cars3d": {"licence": cls.licence, "citation": cls.citation}
    }
    assert main(["plan"]) == 0
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("download")]
    assert lines == [f"download cars3d: licence: {cls.licence}; please cite: {cls.citation}"]


def test_hours_follow_the_times_of_finished_runs_of_the_kind(
    study: Study, capsys: pytest.CaptureFixture[str]
) -> None:
    for kind, seconds in {"random": 36.0, "single_task": 720.0, "multi_head": 360.0}.items():
        finish(study, of_kind(study, kind), seconds=seconds)
        score(
            study, of_kind(study, kind)
        )  # 12 CPU-seconds for 1, 3 and 1 networks: a median of 12 each
    found = planned(capsys, "--hours")["forecast"]
    assert found["gpu_hours"] == 0
    assert found["core_hours"]["training"] == pytest.approx((36 + 720 + 360) / HOUR)
    assert found["core_hours"]["scores"] == pytest.approx(12 * 5 / HOUR)
    assert found["unknown"] == {"runs": 0, "scores": 0, "stages": 0, "weights": 0}
    assert found["judged_by"]["multi_head"]["runs"] == 1


def test_hours_of_stages_are_unknown_until_one_is_finished(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one = CONFIG["experiments"]["one"] | {
        "kind": "multi_head",
        "stages": {"umap": {"rows": [12, 13]}},
    }
    study = study_in(tmp_path, CONFIG | {"experiments": {"one": one}})
    found = planned(capsys, "--hours")["forecast"]
    assert (found["core_hours"]["stages"], found["unknown"]["stages"]) == (None, 2)
    finish_stage(study, next(iter(study.stages)))
    found = planned(capsys, "--hours")["forecast"]
    assert found["core_hours"]["stages"] == pytest.approx(SECONDS / HOUR)
    assert found["unknown"]["stages"] == 0


def test_more_epochs_and_a_larger_dataset_take_longer(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    study = study_in(tmp_path)
    finish(study, of_kind(study, "multi_head"), seconds=100.0)
    one = CONFIG["experiments"]["one"]
    longer = one | {"kind": "multi_head", "seed": [1], "epochs": [2, 10]}
    study_in(tmp_path, CONFIG | {"experiments": {"one": longer}})
    assert planned(capsys, "--hours")["forecast"]["core_hours"]["training"] == pytest.approx(
        500 / HOUR
    )
    larger = one | {
        "kind": "multi_head",
        "seed": [1],
        "dataset": one["dataset"] | {"image_size": 16},
    }
    study_in(
        tmp_path,
        CONFIG | {"experiments": {"one": one | {"kind": "multi_head", "seed": [1]}, "two": larger}},
    )
    assert planned(capsys, "--hours")["forecast"]["core_hours"]["training"] == pytest.approx(
        400 / HOUR
    )


def test_gpus_are_counted_where_the_finished_runs_had_one(
    study: Study, capsys: pytest.CaptureFixture[str]
) -> None:
    record = finish(study, of_kind(study, "multi_head"), seconds=1800.0)
    edited(record, lambda content: content["execution"].update(device="NVIDIA H200"))
    found = planned(capsys, "--hours")["forecast"]
    # one more multi-head, two single-task of three networks; random encoders need no GPU
    assert found["gpu_hours"] == pytest.approx(0.5 * (1 + 2 * 3))
    assert found["by_other_kinds"] == ["random", "single_task"]


def test_kinds_that_train_nothing_judge_no_others(
    study: Study, capsys: pytest.CaptureFixture[str]
) -> None:
    finish(study, of_kind(study, "random"), seconds=9.0)
    found = planned(capsys, "--hours")["forecast"]
    assert found["unknown"]["runs"] == 4
    assert found["by_other_kinds"] == []
    assert found["core_hours"]["training"] == pytest.approx(9 / HOUR)


def test_scores_that_lack_a_metric_are_still_to_do(
    study: Study, capsys: pytest.CaptureFixture[str]
) -> None:
    for seed in (1, 2):
        score(study, of_kind(study, "random", seed))
    assert planned(capsys, "--hours")["forecast"]["core_hours"]["scores"] == pytest.approx(
        12 * 8 / HOUR
    )
    study_in(Path(), CONFIG | {"metrics": CONFIG["metrics"] | {"irs": {}}})
    assert planned(capsys, "--hours")["forecast"]["unknown"]["scores"] == 6


def test_disk_counts_what_is_not_there(study: Study, capsys: pytest.CaptureFixture[str]) -> None:
    finish(study, of_kind(study, "single_task"))
    held = Path(f"results/runs/{of_kind(study, 'single_task')}/weights.safetensors").stat().st_size
    found = planned(capsys, "--hours")["forecast"]
    assert found["unknown"]["weights"] == 4  # of random and multi_head nothing is finished
    assert found["bytes"] == {
        "codes": 96 * sum(8 + 4 * 8 * networks for networks in (1, 1, 3, 1, 1)),
        "weights": held // 3 * 3,
        "images": 96 * 8 * 8,
        "targets": 96 * 3 * 4,
    }


def test_without_anything_finished_the_forecast_says_so(
    study: Study, capsys: pytest.CaptureFixture[str]
) -> None:
    found = planned(capsys, "--hours")["forecast"]
    assert found["unknown"] == {"runs": 6, "scores": 6, "stages": 0, "weights": 6}
    assert found["core_hours"]["scores"] is None
    assert found["core_hours"]["training"] is None
    assert found["gpu_hours"] is None
    assert main(["plan", "--hours"]) == 0
    out = capsys.readouterr().out
    assert "still to do: GPUs unknown; cores: training unknown, scores unknown" in out
    assert ", weights unknown, " in out
    assert "6 runs: nothing finished to judge by; add --pilot, which trains each kind" in out


def test_weights_of_which_a_part_is_known_are_a_lower_bound(
    study: Study, capsys: pytest.CaptureFixture[str]
) -> None:
    finish(study, of_kind(study, "single_task"))
    assert main(["plan", "--hours"]) == 0
    assert ", weights at least " in capsys.readouterr().out
    for run_id in study.runs:
        finish(study, run_id)
    assert main(["plan", "--hours"]) == 0
    assert ", weights 0 B, " in capsys.readouterr().out


def test_a_pilot_judges_the_kinds_of_which_nothing_is_finished(
    study: Study, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    finish(study, of_kind(study, "multi_head"))
    asked: list[tuple[str, float]] = []

    def piloted(run: Any, seconds: float) -> Rate:
        asked.append((run.name(), seconds))
        return Rate(1.0, "cpu (1 thread)", 0)

    monkeypatch.setattr(plan, "_pilot", piloted)
    found = planned(capsys, "--hours", "--pilot")["forecast"]
    assert asked == [("single_task", 30.0)]
    assert (
        found["core_hours"]["training"] > 2 * work(study.runs[of_kind(study, "single_task")]) / HOUR
    )
    assert found["unknown"]["runs"] == 0


def test_the_pilot_counts_the_images_that_networks_saw(
    study: Study, capsys: pytest.CaptureFixture[str]
) -> None:
    run = study.runs[of_kind(study, "single_task")]
    assert (
        main(["pilot", "--spec", study.spec(of_kind(study, "single_task")), "--seconds", "0.01"])
        == 0
    )
    said = json.loads(capsys.readouterr().out)
    assert set(said) == {"kind", "device", "images", "seconds"}
    assert said["images"] >= run.batch_size * 3  # type: ignore[attr-defined]
    assert said["images"] % (run.batch_size * 3) == 0  # type: ignore[attr-defined]
    assert said["seconds"] > 0
    assert list(Path("results").rglob("*")) == []


def test_the_pilot_needs_something_to_train(
    study: Study, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["pilot", "--spec", study.spec(of_kind(study, "random"))]) == 2
    assert "random trains nothing" in capsys.readouterr().err
    assert main(["plan", "--pilot"]) == 2
    assert "add --hours" in capsys.readouterr().err


def test_made_up_images_have_the_shape_of_the_dataset(study: Study) -> None:
    import torch

    from mtdis.training.pilot import made_up

    run = study.runs[of_kind(study, "multi_head")]
    images = made_up(run, torch.device("cpu"))  # type: ignore[arg-type]
    assert images.pixels.shape == (8 * 16, 8, 8, 1)
    assert images.targets is not None
    assert images.targets.shape == (8 * 16, 3)
    assert int(images.pixels.max()) <= run.dataset.white


def test_rates_are_the_median_on_the_usual_device(study: Study) -> None:
    assert forecast._usual([("cpu", 1.0), ("gpu", 9.0), ("cpu", 3.0), ("cpu", 50.0)]) == Rate(
        3.0, "cpu", 3
    )


def test_what_theory_expects_is_said_of_each_kind(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the experiments of a kind of which it does not expect it in all."""
    one = CONFIG["experiments"]["one"]
    sgd = {"kind": "multi_head", "optimiser": "sgd", "initialisation": "gaussian"}
    study_in(tmp_path, CONFIG | {"experiments": {"one": one, "two": one | sgd}})
    kinds = planned(capsys)["expected"]["one"]
    initial = ["not O(d): uniform initialisation"]
    assert kinds["random"] == {"symmetry": initial, "counts": [], "unmet": []}
    assert kinds["single_task"]["counts"] == ["1 task < 5 factors; 5 seen, not apart"]
    assert main(["plan"]) == 0
    lines = capsys.readouterr().out.splitlines()
    broken = "codes: not O(d): adam, uniform initialisation: single_task, multi_head (one)"
    tasks = "tasks: fewer tasks than factors: single_task, multi_head"
    assert {broken, "codes: O(d): multi_head (two)", tasks} <= set(lines)
