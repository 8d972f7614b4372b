"""The commands on a small study: what they write, what they refuse, what a metric's failure
costs.
"""

import json
import os
import subprocess
import sys
from contextlib import suppress
from multiprocessing.reduction import ForkingPickler
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import h5py
import numpy as np
import pandas as pd
import pytest
from helpers import small_results
from helpers.resealed import edited
from helpers.small_study import DATASET, LEARNING, score, spec_of, train

from mtdis.artifacts import datasets, runs
from mtdis.cli import main
from mtdis.operations.plan import make_plan
from mtdis.scoring import run_scores as scoring
from mtdis.study import Study
from mtdis.training import run as training_run

METRICS = [
    {"name": "mig", "num_train": 200},
    {"name": "factor_vae", "num_train": 50, "num_eval": 20},
]
CONFIG = {
    "name": "small",
    "metrics": {"mig": {"num_train": 200}},
    "experiments": {"one": {"kind": ["random", "single_task"], **LEARNING}},
}


@pytest.fixture
def run_folder(data: Path, tmp_path: Path) -> Path:
    """A finished single-task run."""
    assert train(data, tmp_path / "run/run.json", spec_of("single_task")) == 0
    return tmp_path / "run"


def test_a_run_holds_what_the_design_says(run_folder: Path) -> None:
    record = json.loads((run_folder / "run.json").read_text())
    assert sorted(p.name for p in run_folder.iterdir()) == [
        "codes.h5",
        "history.csv",
        "run.json",
        "weights.safetensors",
    ]
    assert record["spec"]["learning_rate"] == 1e-3
    assert {"commit", "device", "seconds", "versions", "peak_memory_mib"} <= set(
        record["execution"]
    )
    networks = record["result"]["networks"]
    assert [n["network"] for n in networks] == ["task1", "task2", "task3"]
    assert all(
        len(n["losses"][part][key]) == 3
        for n in networks
        for part in ("train", "validation", "test")
        for key in ("mse", "r2")
    )
    with h5py.File(run_folder / "codes.h5") as file:
        assert file["codes/task2"].shape == (96, 8)
    history = pd.read_csv(run_folder / "history.csv")
    assert list(history.columns) == ["network", "epoch", "train_loss"]
    assert len(history) == 6


def test_losses_are_those_of_the_saved_codes_and_targets(data: Path, run_folder: Path) -> None:
    network = json.loads((run_folder / "run.json").read_text())["result"]["networks"][0]
    with h5py.File(data / "t.h5") as file:
        targets = file["targets"][()].astype(float)
    rows = np.random.RandomState(123)
    order = np.arange(96)
    rows.shuffle(order)
    test = order[84:]
    losses = network["losses"]["test"]
    np.testing.assert_allclose(losses["target_variance"], targets[test].var(axis=0))
    np.testing.assert_allclose(
        losses["r2"], 1 - np.array(losses["mse"]) / targets[test].var(axis=0)
    )


@pytest.mark.parametrize(("keep", "count"), [("all", 96), ("test", 12), ("sample", 96)])
def test_keep_codes_says_which_rows_stay(data: Path, tmp_path: Path, keep: str, count: int) -> None:
    assert train(data, tmp_path / "run.json", spec_of("random", keep_codes=keep)) == 0
    with h5py.File(tmp_path / "codes.h5") as file:
        assert file["codes/random"].shape == (count, 8)
        assert len(file["rows"]) == count


def test_scores_are_indexed_and_only_the_missing_are_computed(
    data: Path, run_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec, out = spec_of("single_task"), tmp_path / "scores/index.json"
    assert score(data, run_folder / "run.json", out, spec, METRICS[:1]) == 0
    first = json.loads(out.read_text())
    run = json.loads((run_folder / "run.json").read_text())
    same = ("processor", "kernels", "versions", "machine", "python", "commit")
    assert {k: first["execution"][k] for k in same} == {k: run["execution"][k] for k in same}
    assert first["execution"]["device"] == "cpu"
    assert first["dropped_factors"] == ["color"]
    assert [(r["network"], r["key"]) for r in first["rows"]] == [
        (f"task{t}", "discrete_mig") for t in (1, 2, 3)
    ]
    computed: list[str] = []
    attempt = scoring._attempt
    monkeypatch.setattr(
        scoring,
        "_attempt",
        lambda job, arrays: computed.append(job.metric.name()) or attempt(job, arrays),
    )
    assert score(data, run_folder / "run.json", out, spec, METRICS) == 0
    assert computed == ["factor_vae"] * 3
    rows = json.loads(out.read_text())["rows"]
    assert rows[:3] == first["rows"]
    assert {r["settings"] for r in rows} == {
        "mig+num_train=200",
        "factor_vae+num_train=50+num_eval=20",
    }


@pytest.mark.slow
@pytest.mark.parametrize("workers", [1, 2])
def test_factors_are_read_once_and_codes_once_per_network(
    workers: int, data: Path, run_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[str] = []
    for module, name in ((datasets, "read_dataset"), (runs, "read_codes")):
        honest = getattr(module, name)
        monkeypatch.setattr(
            module, name, lambda path, what, honest=honest: read.append(what) or honest(path, what)
        )
    record, out = run_folder / "run.json", tmp_path / "s/index.json"
    words = ["--metrics", json.dumps(METRICS), "--run", str(record), "--jobs", str(workers)]
    words += ["--spec", json.dumps(spec_of("single_task")), "--dataset", str(data / "d.json")]
    assert main(["scores", *words, "--out", str(out)]) == 0
    # Workers, whose reads are not counted here, have the factors from this process.
    codes = ["task1", "task2", "task3"] if workers == 1 else []
    assert sorted(read) == ["factors", *codes]


def test_images_without_a_varying_factor_are_refused(
    data: Path,
    run_folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(datasets, "read_dataset", lambda *_: np.ones((96, 6), np.int64))
    spec, out = spec_of("single_task"), tmp_path / "s/index.json"
    assert score(data, run_folder / "run.json", out, spec, METRICS) == 2
    assert "none of the 6 factors has two classes" in capsys.readouterr().err
    assert not out.exists()


def test_workers_are_handed_the_factors_with_their_arrays(data: Path, run_folder: Path) -> None:
    arrays = scoring.Arrays(run_folder / "run.json", data / "d.json")
    factors = arrays.factors
    (data / "d.h5").rename(data / "away.h5")
    try:
        handed = ForkingPickler.loads(ForkingPickler.dumps(arrays))
        np.testing.assert_array_equal(handed.factors.classes, factors.classes)
    finally:
        (data / "away.h5").rename(data / "d.h5")


@pytest.mark.slow
def test_side_by_side_gives_the_same_index(data: Path, run_folder: Path, tmp_path: Path) -> None:
    words = [
        "scores",
        "--spec",
        json.dumps(spec_of("single_task")),
        "--metrics",
        json.dumps(METRICS),
    ]
    words += ["--run", str(run_folder / "run.json"), "--dataset", str(data / "d.json")]
    for jobs in ("1", "2"):
        assert main([*words, "--jobs", jobs, "--out", str(tmp_path / jobs / "index.json")]) == 0
    one, two = (json.loads((tmp_path / f"{n}/index.json").read_text()) for n in (1, 2))
    assert one["execution"]["kernels"] == two["execution"]["kernels"]
    differing = {key for key in one if one[key] != two[key]}
    assert differing <= {"seal", "execution"}


def test_a_failing_metric_is_a_row_and_not_the_loss_of_the_others(
    data: Path, run_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = scoring.score_codes

    def breaks(metric: Any, codes: Any, factors: Any) -> dict[str, float]:
        if metric.name() == "mig":
            raise FloatingPointError("broken on purpose")
        return honest(metric, codes, factors)

    monkeypatch.setattr(scoring, "score_codes", breaks)
    assert (
        score(
            data,
            run_folder / "run.json",
            tmp_path / "s/index.json",
            spec_of("single_task"),
            METRICS,
        )
        == 0
    )
    rows = json.loads((tmp_path / "s/index.json").read_text())["rows"]
    failed = [r for r in rows if r["error"]]
    assert {(r["metric"], r["value"], r["error"]) for r in failed} == {
        ("mig", None, "FloatingPointError: broken on purpose")
    }
    assert all(r["value"] is not None for r in rows if r["metric"] == "factor_vae")
    monkeypatch.setattr(scoring, "score_codes", honest)
    assert (
        score(
            data,
            run_folder / "run.json",
            tmp_path / "s/index.json",
            spec_of("single_task"),
            METRICS,
        )
        == 0
    )
    assert not any(r["error"] for r in json.loads((tmp_path / "s/index.json").read_text())["rows"])


def test_a_diverged_network_has_rows_without_value(
    data: Path, run_folder: Path, tmp_path: Path
) -> None:
    edited(
        run_folder / "run.json",
        lambda record: record["result"]["networks"][1].update({"diverged": True}),
    )
    assert (
        score(
            data,
            run_folder / "run.json",
            tmp_path / "s/index.json",
            spec_of("single_task"),
            METRICS,
        )
        == 0
    )
    rows = json.loads((tmp_path / "s/index.json").read_text())["rows"]
    assert {r["network"] for r in rows if r["value"] is None} == {"task2"}
    assert {r["network"] for r in rows if r["diverged"]} == {"task2"}


def test_truncated_codes_are_refused_with_the_fix(
    data: Path, run_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bank = run_folder / "codes.h5"
    bank.write_bytes(bank.read_bytes()[:-100])
    assert (
        score(
            data,
            run_folder / "run.json",
            tmp_path / "s/index.json",
            spec_of("single_task"),
            METRICS,
        )
        == 2
    )
    message = capsys.readouterr().err
    assert "codes.h5 has" in message
    assert "bytes, its record says" in message
    assert "delete" in message
    assert not (tmp_path / "s/index.json").exists()


def test_a_record_of_another_run_is_refused_naming_the_difference(
    data: Path, run_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = spec_of("single_task", learning_rate=0.5)
    assert score(data, run_folder / "run.json", tmp_path / "s/index.json", other, METRICS) == 2
    assert "learning_rate is 0.001, expected 0.5" in capsys.readouterr().err


def test_a_field_added_at_its_default_does_not_disown_old_records(
    data: Path, run_folder: Path, tmp_path: Path
) -> None:
    # as written before the field was there
    edited(run_folder / "run.json", lambda record: record["spec"].pop("head_activation"))
    assert (
        score(
            data,
            run_folder / "run.json",
            tmp_path / "s/index.json",
            spec_of("single_task"),
            METRICS,
        )
        == 0
    )


def test_settings_added_at_their_default_keep_old_scores(
    data: Path, run_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec, out = spec_of("single_task"), tmp_path / "s/index.json"
    assert score(data, run_folder / "run.json", out, spec, METRICS) == 0
    for path in out.parent.rglob("task*.json"):
        # as written before the setting was there
        edited(path, lambda stored: stored["metric"].pop("batch_size"))
    monkeypatch.setattr(scoring, "_attempt", lambda job, _: pytest.fail(f"{job} is computed again"))
    assert score(data, run_folder / "run.json", out, spec, METRICS) == 0


def test_seeds_of_a_metric_share_their_settings(
    data: Path, run_folder: Path, tmp_path: Path
) -> None:
    seeds = [METRICS[0] | {"seed": seed} for seed in (0, 1)]
    assert (
        score(
            data, run_folder / "run.json", tmp_path / "s/index.json", spec_of("single_task"), seeds
        )
        == 0
    )
    rows = json.loads((tmp_path / "s/index.json").read_text())["rows"]
    assert {(r["settings"], r["metric_seed"]) for r in rows} == {
        ("mig+num_train=200", 0),
        ("mig+num_train=200", 1),
    }
    assert len({r["value"] for r in rows}) == 6


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"dataset": DATASET | {"image_size": 16}},
            "d.json is of another spec: image_size is 8, expected 16",
        ),
        ({"tasks": {"count": 2, "input_scaling": "unit"}}, "t.json is of another spec: tasks is"),
    ],
)
def test_training_refuses_inputs_of_another_spec(
    change: dict[str, Any],
    message: str,
    data: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert train(data, tmp_path / "run.json", spec_of("multi_head", **change)) == 2
    assert message in capsys.readouterr().err


def test_a_kind_that_learns_tasks_needs_their_record(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--spec", json.dumps(spec_of("multi_head")), "--dataset", str(data / "d.json")]
    assert main(["train", *words, "--out", str(tmp_path / "run.json")]) == 2
    assert "multi_head learns tasks: give their record by --targets" in capsys.readouterr().err


def test_the_scores_of_another_run_are_not_taken(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = make_results(data, tmp_path)
    random, single = (
        tmp_path / "results/scores" / run_id / "index.json"
        for run_id in plan_of(CONFIG)["runs"]["one"]
    )
    random.write_bytes(single.read_bytes())
    assert (
        main(
            ["long_table", "--study", json.dumps(CONFIG), "--experiment", "one", "--out", str(out)]
        )
        == 2
    )
    assert "is of run single_task+" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "content"),
    [("c.npz", b"PK no zip"), ("c.npy", b""), ("c.h5", b"no hdf5"), ("c.csv", b"1")],
)
def test_score_names_a_damaged_file(
    name: str, content: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / name).write_bytes(content)
    assert main(["score", "--metric", "mig", "--codes", name, "--factors", name]) == 2
    assert f"can't read codes from {name}" in capsys.readouterr().err


@pytest.mark.parametrize("suffix", [".npy", ".npz", ".h5"])
def test_score_prints_the_values_of_anyones_codes(
    suffix: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    factors = np.stack(np.unravel_index(np.arange(60), (3, 4, 5)), axis=1)
    save(tmp_path / f"codes{suffix}", "codes", factors.astype(np.float32))
    save(tmp_path / f"factors{suffix}", "factors", factors)
    files = [
        "--codes",
        str(tmp_path / f"codes{suffix}"),
        "--factors",
        str(tmp_path / f"factors{suffix}"),
    ]
    assert main(["score", "--json", "--metric", "mig", *files, "--seed", "3"]) == 0
    assert json.loads(capsys.readouterr().out)["discrete_mig"] > 0.95
    assert (
        main(
            [
                "score",
                "--json",
                "--metric",
                "factor_vae",
                *files,
                "--set",
                "num_train=100",
                "--set",
                "num_eval=100",
            ]
        )
        == 0
    )
    assert json.loads(capsys.readouterr().out)["eval_accuracy"] == 1.0


def save(path: Path, name: str, array: np.ndarray) -> None:
    if path.suffix == ".npy":
        np.save(path, array)
    elif path.suffix == ".npz":
        np.savez(path, **{name: array, "other": array[:1]})
    else:
        with h5py.File(path, "w") as file:
            file[name] = array


@pytest.mark.parametrize(
    ("codes", "message"),
    [
        (np.full((60, 3), np.nan), "mig: .*NaN"),
        (np.zeros((60, 1)), "mig: "),
        (np.zeros((59, 3)), "59"),
        (np.zeros(60), r"must be a table of numbers \(N, columns\); found shape \(60,\)"),
        (np.array([["a", "b"]] * 60), "must be a table of numbers"),
    ],
)
def test_score_refuses_what_cannot_be_scored(
    codes: np.ndarray, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    np.save(tmp_path / "c.npy", codes)
    np.save(tmp_path / "f.npy", np.stack(np.unravel_index(np.arange(60), (3, 4, 5)), axis=1))
    assert (
        main(
            [
                "score",
                "--metric",
                "mig",
                "--codes",
                str(tmp_path / "c.npy"),
                "--factors",
                str(tmp_path / "f.npy"),
            ]
        )
        == 2
    )
    assert pd.Series(capsys.readouterr().err).str.contains(message).all()


def test_score_reads_no_pickle(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    np.save(tmp_path / "c.npy", np.array([SimpleNamespace()]), allow_pickle=True)
    assert (
        main(
            [
                "score",
                "--metric",
                "mig",
                "--codes",
                str(tmp_path / "c.npy"),
                "--factors",
                str(tmp_path / "c.npy"),
            ]
        )
        == 2
    )
    assert "allow_pickle=False" in capsys.readouterr().err


def test_the_long_table_has_a_row_per_network_metric_and_key(data: Path, tmp_path: Path) -> None:
    study = make_results(data, tmp_path)
    frame = pd.read_parquet(study)
    scores = frame[frame["metric"] == "mig"]
    assert sorted(scores["network"]) == ["random", "task1", "task2", "task3"]
    assert scores["value"].notna().all()
    losses = frame[(frame["metric"] == "mse") & (frame["key"] == "test")]
    assert sorted(zip(losses["trained_task"], losses["task"], strict=True)) == [
        (a, b) for a in (1, 2, 3) for b in (1, 2, 3)
    ]
    assert set(frame["replica_of"]) == {"dSprites"}
    assert frame.loc[frame["metric"] == "mig", "unlike_paper"].str.contains("num_train=200").all()
    assert frame["unlike_paper"].str.contains("dataset.image_size=8").all()
    assert set(frame.loc[frame["kind"] == "single_task", "spec.tasks.count"]) == {3}
    assert frame.loc[frame["kind"] == "random", "spec.tasks.count"].isna().all()
    pd.testing.assert_series_equal(pd.read_csv(study.with_suffix(".csv"))["value"], frame["value"])


def make_results(data: Path, folder: Path) -> Path:
    """Train and score the runs of CONFIG where the study expects them.

    The experiment's long table.
    """
    plan = plan_of(CONFIG)
    for run_id in plan["runs"]["one"]:
        kind = run_id.partition("+")[0]
        record = folder / "results/runs" / run_id / "run.json"
        assert train(data, record, spec_of(kind)) == 0
        assert (
            score(
                data,
                record,
                folder / "results/scores" / run_id / "index.json",
                spec_of(kind),
                METRICS[:1],
            )
            == 0
        )
    out = folder / "long.parquet"
    assert (
        main(
            ["long_table", "--study", json.dumps(CONFIG), "--experiment", "one", "--out", str(out)]
        )
        == 0
    )
    return out


def plan_of(config: dict[str, Any]) -> dict[str, Any]:
    return make_plan(Study.from_config(config), Path())


def test_the_study_table_has_each_row_once(data: Path, tmp_path: Path) -> None:
    one = make_results(data, tmp_path)
    frame = pd.read_parquet(one)
    frame.assign(experiment="two").to_parquet(tmp_path / "two.parquet")
    assert (
        main(
            [
                "study_table",
                "--long",
                str(one),
                str(tmp_path / "two.parquet"),
                "--out",
                str(tmp_path / "all.parquet"),
            ]
        )
        == 0
    )
    joined = pd.read_parquet(tmp_path / "all.parquet")
    assert len(joined) == len(frame)
    assert set(joined["experiment"]) == {"one;two"}


def test_plan_counts_wanted_finished_missing_and_shared(tmp_path: Path) -> None:
    config = CONFIG | {
        "experiments": {"one": CONFIG["experiments"]["one"], "two": {"kind": "random", **LEARNING}}
    }
    before = plan_of(config)
    assert before["total"] == {
        "wanted": 2,
        "finished": 0,
        "missing": 2,
        "shared": 1,
        "networks": 4,
        "trained": 3,
        "new_scores": 4 * len(CONFIG["metrics"]),
        "new_calibrations": 0,
        "stages": 0,
        "stale": 0,
        "diverged": 0,
    }
    small_results.finish(Study.from_config(config), before["runs"]["two"][0])
    after = plan_of(config)
    assert after["experiments"]["two"] == {
        "wanted": 1,
        "finished": 1,
        "missing": 0,
        "shared": 1,
        "networks": 1,
        "trained": 0,
        "new_scores": len(CONFIG["metrics"]),
        "new_calibrations": 0,
        "stages": 0,
        "stale": 0,
        "diverged": 0,
    }
    assert after["dropped"]["two"] == {"random": ("tasks", "epochs", "batch_size", "head_layers")}
    assert after["bytes"]["images"] == 96 * 8 * 8


def test_plan_prints_text_and_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "config.yaml").write_text(json.dumps(CONFIG))
    assert main(["plan"]) == 0
    assert (
        "one: random does not read tasks, epochs, batch_size, head_layers"
        in capsys.readouterr().out
    )
    assert main(["plan", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["total"]["wanted"] == 2


@pytest.mark.slow
def test_a_reader_that_stops_early_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(json.dumps(CONFIG))
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [sys.executable, "-m", "mtdis.cli", "plan", "--config", "config.yaml"],
        stdout=writer,
        stderr=subprocess.PIPE,
        check=False,
    )
    os.close(writer)
    assert (done.returncode, done.stderr) == (0, b"")


def test_unknown_commands_and_missing_configs_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plann"]) == 2
    assert "unknown command 'plann'. Did you mean 'plan'" in capsys.readouterr().err
    assert main(["plan"]) == 2
    assert "config file config.yaml is missing" in capsys.readouterr().err
    assert main(["plan", "--config", "."]) == 2
    assert "config file . can't be read" in capsys.readouterr().err
    assert main(["plan", "--study", "{}"]) == 2
    assert "config.name: a value is needed" in capsys.readouterr().err


def test_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    listed = capsys.readouterr().out
    assert all(f"  {name} " in listed for name in ("dataset", "targets", "train", "scores", "plan"))


def test_a_full_disk_ends_training_with_a_short_error(
    data: Path, full_disk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert train(data, full_disk / "run/run.json", spec_of("random")) == 2
    message = capsys.readouterr().err.splitlines()[-1]
    assert "weights.safetensors: the disk is full" in message
    assert "Free some space and run the same command again" in message
    assert sorted(p.name for p in (full_disk / "run").iterdir()) == ["codes.h5", "lock"]


def test_a_full_disk_is_said_before_a_training_and_a_stage(
    data: Path, tmp_path: Path, full_disk: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    """The lock, too, finds no room to be signed in."""
    assert train(data, tmp_path / "run.json", spec_of("random")) == 0
    with suppress(OSError), (full_disk / "filler").open("wb", 0) as filler:
        while filler.write(bytes(4096)):
            pass
    monkeypatch.setattr(training_run, "check_inputs", None)  # nothing is read
    assert train(data, full_disk / "run.json", spec_of("multi_head")) == 2
    spec = {"stage": "decoder", "parent": spec_of("random"), "network": "random"}
    files = [f"--parent={tmp_path / 'run.json'}", f"--dataset={data / 'd.json'}"]
    words = ["--spec", json.dumps(spec), *files, f"--out={full_disk / 'stage.json'}"]
    assert main(["stage", *words]) == 2
    said = capsys.readouterr().err.splitlines()
    assert sum("the disk is full" in line for line in said) == 2


def test_a_place_that_cannot_be_written_is_said_before_the_training(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setattr(training_run, "check_inputs", None)  # nothing is read
    assert train(data, tmp_path / "file/run/run.json", spec_of("multi_head")) == 2
    assert f"See that {tmp_path} is there and writable" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_output_to_a_full_disk_is_no_traceback(stream: str, tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(json.dumps(CONFIG if stream == "stdout" else {}))
    with Path("/dev/full").open("w") as full:
        streams: Any = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | {stream: full}
        done = subprocess.run(
            [sys.executable, "-m", "mtdis.cli", "plan", "--config", "config.yaml"],
            text=True,
            check=False,
            **streams,
        )
    assert done.returncode == 2
    if stream == "stdout":
        message = "mtdis: error: output or log: No space left on device. Free some space"
        assert done.stderr.startswith(message)
        assert done.stderr.count("\n") == 1


EVERY_HELP = """
import sys
from mtdis import discover
from mtdis.cli import main
for name in discover.names("mtdis.commands"):
    try:
        main([name, "--help"])
    except SystemExit as ended:
        assert not ended.code
main(["plan"])
main(["status"])
main(["doctor"])
main(["schema"])
print("σ – ž ×", chr(0xDCFF), "…")
print("→ ž", file=sys.stderr)
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("variables", "output", "error"),
    [
        ("PYTHONIOENCODING=ascii", r"\u03c3 - \u017e x \udcff ...", r"-> \u017e"),
        ("LC_ALL=C PYTHONUTF8=0", r"\u03c3 - \u017e x \udcff ...", r"-> \u017e"),
        ("PYTHONIOENCODING=latin-1", r"\u03c3 - \u017e × \udcff ...", r"-> \u017e"),
        ("PYTHONIOENCODING=utf-8", r"σ – ž × \udcff …", "→ ž"),
    ],
)
def test_no_command_dies_of_its_typography(
    variables: str, output: str, error: str, tmp_path: Path
) -> None:
    (tmp_path / "config.yaml").write_text(json.dumps(CONFIG))
    (tmp_path / "script.py").write_text(EVERY_HELP, encoding="utf-8")
    done = subprocess.run(
        ["env", *variables.split(), sys.executable, "script.py"], capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr
    coding = "latin-1" if "latin" in variables else "utf-8"
    assert done.stdout.decode(coding).splitlines()[-1] == output
    assert done.stderr.decode(coding).splitlines()[-1] == error
