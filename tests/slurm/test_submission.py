"""profiles/slurm on a real cluster: what is asked for, what comes out, with and without
accounting.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.workflow.conftest import snakemake
from tests.workflow.test_kills import contents

from . import cluster
from .conftest import ROOT, SlurmStudy, accounting, results

pytestmark = pytest.mark.slurm


def with_settings(study: SlurmStudy, **settings: object) -> str:
    """A copy of profiles/slurm in which some of its settings are made.

    Its path below the checkout.
    """
    name = f"profiles/{study.path.parent.name}"
    copy = shutil.copytree(ROOT / "profiles/slurm", study.checkout / name)
    file = copy / "config.v8+.yaml"
    lines = file.read_text().splitlines()
    for key, value in settings.items():
        (place,) = [n for n, line in enumerate(lines) if line.startswith(f"  {key}:")]
        lines[place] = f"  {key}: {value}"
    file.write_text("\n".join(lines) + "\n")
    return name


def change(study: SlurmStudy, **experiment: object) -> None:
    """Overlay fields of the experiment."""
    config = yaml.safe_load((study.path / "config.yaml").read_text())
    config["experiments"]["one"] |= experiment
    (study.path / "config.yaml").write_text(yaml.safe_dump(config))


def test_the_study_comes_out_as_locally_and_asks_for_what_the_profile_says(
    study: SlurmStudy, local: Path
) -> None:
    wishes = {
        "account": "study",
        "partition": "main",
        "qos": "quick",
        "constraint": "second",
        "gpu_model": "toy",
    }
    study.run(profile=with_settings(study, **wishes, longest=100, status="sacct"))
    assert results(study.path) == results(local)
    trainings, scores = (study.accounted(rule) for rule in ("train", "scores"))
    keys = ("Account", "Partition", "QOS", "Constraints", "State", "TimelimitRaw", "ReqCPUS")
    assert {tuple(job[key] for key in keys) for job in trainings + scores} == {
        ("study", "main", "quick", "second", "COMPLETED", "100", "1")
    }
    assert sorted("gres/gpu=1" in job["ReqTRES"] for job in trainings) == [
        False,
        True,
    ]  # random encoders learn nothing
    assert {job["ReqMem"] for job in trainings} == {"3G"}
    assert {job["ReqMem"] for job in scores} == {"2G"}


def test_trainings_share_gpus_by_shards_and_no_account_is_guessed(
    study: SlurmStudy, local: Path
) -> None:
    """A share is asked for instead of a GPU; the cap counts trainings that have one."""
    change(study, kind=["random", "multi_head"], seed=[1, 2])
    study.run(profile=with_settings(study, gres="shard:1", gpus=1, gpu_model="toy"))
    trainings = study.accounted("train")
    asked = [job["ReqTRES"] for job in trainings]
    assert sorted("gres/shard=1" in tres for tres in asked) == [False, False, True, True]
    assert not any("gres/gpu" in tres for tres in asked)
    first, second = (job for job in trainings if "gres/shard=1" in job["ReqTRES"])
    assert first["End"] <= second["Start"]
    assert "ccount" not in study.said.partition("submitted with SLURM")[0]
    [one] = (local / "results/runs").glob("multi_head+*")
    assert contents(study.path / "results/runs" / one.name) == contents(one)


def test_squeue_serves_where_there_is_no_accounting(study: SlurmStudy, local: Path) -> None:
    cluster.restart_controller("none")
    try:
        study.run()
    finally:
        cluster.restart_controller("slurmdbd")
    assert results(study.path) == results(local)


def test_trainings_share_the_one_gpu_that_may_be_in_flight(study: SlurmStudy, local: Path) -> None:
    change(study, kind="multi_head", seed=[1, 2])
    partitions = study.path / "partitions.yaml"
    limits = {"max_runtime": 2, "max_mem_mb": 16000, "max_threads": 4, "max_gpu": 1}
    partitions.write_text(yaml.safe_dump({"partitions": {"short": limits}}))
    study.run(profile=with_settings(study, together=2, gpus=1, longest=2, partitions=partitions))
    first, second = study.accounted("train")
    assert first["End"] <= second["Start"]
    assert {first["Partition"], second["Partition"]} == {"short"}
    logs = [log.read_text() for log in (study.path / "logs/train").glob("*.log")]
    assert sorted(log.count("\ntraining ") + log.startswith("training ") for log in logs) == [0, 2]
    [one] = (local / "results/runs").glob("multi_head+*")
    assert contents(study.path / "results/runs" / one.name) == contents(one)
    assert len(list((study.path / "results/scores").glob("*/index.json"))) == 2


def test_a_failing_run_stops_no_other_and_partial_tables_are_right(
    study: SlurmStudy, local: Path
) -> None:
    [doomed] = [folder.name for folder in (local / "results/runs").glob("multi_head+*")]
    (study.path / "results/runs" / doomed / "codes.h5").mkdir(
        parents=True
    )  # its codes can't be written
    study.start("--set-resources", "train:runtime=5", "--retries", "1")
    assert study.finish() == 1
    assert "codes.h5: " in study.said  # the failed job's log
    assert [job["State"] for job in study.accounted("train")].count("FAILED") == 2
    [scored] = [index.parent.name for index in (study.path / "results/scores").glob("*/index.json")]
    assert scored.startswith("random+")
    words = [str(Path(sys.executable).with_name("mtdis")), "tables", "--partial"]
    made = subprocess.run(words, cwd=study.path, capture_output=True, text=True)
    assert made.returncode == 0, made.stderr
    [table] = (study.path / "results/studies/small/partial").rglob("table5.csv")
    rows = [line.split(",") for line in table.read_text().splitlines()]
    assert {row[rows[0].index("row")] for row in rows[1:]} == {"random"}


def doctor(study: SlurmStudy, profile: str, *words: str) -> dict[str, dict[str, str]]:
    """What `mtdis doctor --submit` finds of a profile in the study's folder, by thing."""
    command = [str(Path(sys.executable).with_name("mtdis")), "doctor", "--submit", "--json", *words]
    tools = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        [*command, "--profile", str(study.checkout / profile)],
        cwd=study.path,
        env=os.environ | {"PATH": tools, "PYTHONPATH": str(study.checkout)},
        capture_output=True,
        text=True,
    )
    assert done.stdout.startswith("["), done.stderr
    return {one["thing"]: one for one in json.loads(done.stdout)}


def test_doctor_submits_a_job_as_trainings_are_and_says_what_hindered_it(study: SlurmStudy) -> None:
    """The partitions are named relative to the study's folder, as the profile allows."""
    limits = {"max_runtime": 2, "max_mem_mb": 16000, "max_threads": 4, "max_gpu": 1}
    models = {"available_gpu_models": ["toy"]}
    (study.path / "limits.yaml").write_text(
        yaml.safe_dump({"partitions": {"short": limits | models}})
    )
    profile = with_settings(study, partitions="limits.yaml", gpu_model="toy", longest=2)
    said = doctor(study, profile)
    assert {one["standing"] for one in said.values()} == {"ok"}, said
    assert "SLURM job " in said["job"]["found"]
    assert said["GPUs of the job"]["found"].startswith("CUDA_VISIBLE_DEVICES=")
    number = said["job"]["found"].partition("SLURM job ")[2].partition(":")[0]
    (job,) = accounting(number)
    assert (job["State"], job["Partition"]) == ("COMPLETED", "short")
    assert "gres/gpu=1" in job["ReqTRES"]
    (study.path / "limits.yaml").write_text(
        yaml.safe_dump({"partitions": {"nowhere": limits | models}})
    )
    refused = doctor(study, profile)["job"]
    assert refused["standing"] == "BAD"
    assert "invalid partition specified: nowhere" in refused["found"]
    assert not list(study.path.glob(".mtdis_doctor_*"))


def test_scores_of_finished_runs_share_submissions_and_one_bad_run_harms_no_other(
    study: SlurmStudy, tmp_path: Path
) -> None:
    """Five runs in packs of three: 3 + 2, from which the damaged one alone is missing."""
    change(study, kind="random", seed=[1, 2, 3, 4, 5], tables=[], figures=[])
    study.run("--until", "train")
    trained = shutil.copytree(study.path, tmp_path / "by_themselves")
    done = snakemake(checkout=study.checkout, folder=trained)
    assert done.returncode == 0, done.stdout
    runs = sorted(path.name for path in (study.path / "results/runs").iterdir())
    codes = study.path / "results/runs" / runs[1] / "codes.h5"
    whole = codes.read_bytes()
    codes.write_bytes(whole[:-100])
    profile = with_settings(study, scores_per_job=3, longest=100)
    study.start("--retries", "1", profile=profile)
    assert study.finish() == 1
    packs = study.submitted("scores_scores", "group")
    assert [job["State"] for job in accounting(*packs)].count("FAILED") == 2  # with its retry
    assert len(packs) == 3
    assert {job["ReqCPUS"] for job in accounting(*packs)} == {"1"}
    scored = sorted(path.parent.name for path in study.path.glob("results/scores/*/index.json"))
    assert scored == [run for run in runs if run != runs[1]]
    codes.write_bytes(whole)
    before = {path: path.stat().st_mtime_ns for path in study.path.glob("results/scores/*/*.json")}
    study.run(profile=profile)
    assert len(study.submitted("scores_scores", "group")) == 1
    assert all(path.stat().st_mtime_ns == date for path, date in before.items())
    table = "results/studies/small/tables/long.csv"
    assert (study.path / table).read_bytes() == (trained / table).read_bytes()
