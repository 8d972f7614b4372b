"""`mtdis doctor --submit`: each way in which a job can come out is a finding with its fix.

The outcomes are made up; snakemake and SLURM run in tests/workflow and tests/slurm.
"""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mtdis.cli import main
from mtdis.errors import ConfigError
from mtdis.operations import doctor_submit
from mtdis.operations.doctor import Finding
from mtdis.operations.doctor_job.look import memory_mib
from mtdis.operations.doctor_submit import Outcome, judged, prepare, profile_for

HERE = ("3.11.7", "/env/bin/python3")
SUBMITTED = "Job 0 has been submitted with SLURM jobid 7 (log: logs/slurm/rule_doctor/7.log).\n"
SEEN: dict[str, Any] = {
    "host": "n1",
    "python": HERE[0],
    "executable": HERE[1],
    "mtdis": "/env/bin/mtdis",
    "path": "/env/bin:/bin",
    "doctor": {"status": 0, "findings": [{"thing": "python", "standing": "ok"}], "said": ""},
    "gpus": "0",
    "memory_mib": 1024,
    "slurm": {"job": "7", "queued": 12.0, "ran": 9.4},
}
WELL = Outcome("profiles/slurm", 0, SUBMITTED, 61.2, SEEN, here=HERE)


def found(outcome: Outcome) -> dict[str, Finding]:
    findings = {one.thing: one for one in judged(outcome)}
    assert all(one.fix for one in findings.values() if one.standing != "ok")
    return findings


def seen(**changes: Any) -> dict[str, Finding]:
    return found(replace(WELL, seen=SEEN | changes))


def test_a_job_that_went_well_tells_its_times_and_what_it_saw() -> None:
    said = found(WELL)
    assert {one.standing for one in said.values()} == {"ok"}
    assert said["job"].found == (
        "ran on n1, SLURM job 7: 12 s in the queue, 9 s on the node, 61 s from its start to its"
        " file here"
    )
    assert said["GPUs of the job"].found == "CUDA_VISIBLE_DEVICES=0"
    assert said["memory of the job"].found == "limit of 1,024 MiB"


@pytest.mark.parametrize(
    ("words", "fix"),
    [
        ("sbatch: error: invalid partition specified: nowhere", "`partition:`"),
        ("sbatch: error: Batch job submission failed: Invalid qos specification", "`qos:`"),
        ("sbatch: error: Requested node configuration is not available", "--cpu"),
        ("sbatch: error: something that nobody knows", "logs/doctor.log"),
    ],
)
def test_a_refusal_is_told_in_the_words_of_slurm(words: str, fix: str) -> None:
    said = f"SLURM sbatch failed. The error message was '{words}\nsbatch: error: more'.\n    sbatch"
    job = found(replace(WELL, status=1, said=said, seen=None))["job"]
    assert job.standing == "BAD"
    assert job.found == f"SLURM refused it: {words} sbatch: error: more"
    assert fix in job.fix


def test_a_failed_job_is_told_by_the_last_error_of_its_log() -> None:
    log = "srun: error: first\n/env/bin/python3: No such file or directory\nExiting.\n"
    job = found(replace(WELL, status=1, seen=None, log=log))["job"]
    assert (job.standing, job.found) == (
        "BAD",
        "failed: /env/bin/python3: No such file or directory",
    )


def test_what_hinders_snakemake_itself_is_told() -> None:
    outcome = replace(WELL, status=1, seen=None, said="WorkflowError:\nno executor plugin\n")
    assert found(outcome)["job"].found == "not submitted: WorkflowError:"


@pytest.mark.parametrize("said", [SUBMITTED, f"{SUBMITTED}Missing files after 60 seconds"])
def test_neither_file_nor_log_of_the_job_means_that_the_folder_is_not_shared(said: str) -> None:
    outcome = replace(WELL, status=1, seen=None, said=said)
    assert found(outcome)["shared folder"].standing == "BAD"


def test_a_job_that_waits_for_ever_is_told_with_the_reason_of_slurm() -> None:
    outcome = replace(WELL, status=None, seen=None, seconds=600, reason="PENDING, Priority")
    assert "SLURM: PENDING, Priority" in found(outcome)["job"].found


@pytest.mark.parametrize(
    ("version", "path", "standing"),
    [("3.10.2", HERE[1], "BAD"), ("3.11.8", HERE[1], "note"), (HERE[0], "/other/python3", "note")],
)
def test_another_python_on_the_node(version: str, path: str, standing: str) -> None:
    said = seen(python=version, executable=path)["python of the job"]
    assert said.standing == standing
    assert f"{version}, {path}; here 3.11.7" in said.found


def test_an_mtdis_that_is_missing_or_does_not_start() -> None:
    assert "/env/bin:/bin" in seen(mtdis=None)["mtdis of the job"].found
    broken = {"status": 1, "findings": [], "said": "Traceback\nModuleNotFoundError: torch\n"}
    one = seen(doctor=broken)["mtdis of the job"]
    assert one.standing == "BAD"
    assert one.found == "/env/bin/mtdis doesn't start: ModuleNotFoundError: torch"


def test_a_gpu_that_slurm_does_not_name_is_noted() -> None:
    assert seen(gpus=None)["GPUs of the job"].standing == "note"
    assert seen(gpus="-1")["GPUs of the job"].standing == "note"
    none_asked = replace(WELL, gpus=0, seen=SEEN | {"gpus": None})
    assert found(none_asked)["GPUs of the job"].found == "none asked for"


def test_what_is_bad_on_the_node_alone_is_told() -> None:
    bad = {"thing": "gpu", "standing": "BAD", "found": "H200, unusable", "fix": "install CUDA"}
    folder = {"thing": "disk", "standing": "BAD", "found": "0 GiB", "fix": "free some"}
    said = seen(doctor={"status": 1, "findings": [bad, folder], "said": ""})
    assert said["gpu of the job"].found == "H200, unusable"
    assert not any("disk" in thing for thing in said)


def test_slurm_is_not_asked_where_sbatch_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert main(["doctor", "--submit", "--profile", "profiles/slurm", "--json"]) == 1
    (one,) = json.loads(capsys.readouterr().out)
    assert one["thing"] == "sbatch"
    assert "login node" in one["fix"]


def test_the_profile_is_that_of_the_machine_or_the_one_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert profile_for(None, tmp_path).name == "default"
    (tmp_path / "sbatch").touch(mode=0o755)
    assert profile_for(None, tmp_path).name == "slurm"
    own = tmp_path / "profiles/slurm"
    own.mkdir(parents=True)
    (own / "config.yaml").write_text("executor: slurm\n")
    assert profile_for(None, tmp_path) == own.resolve()
    with pytest.raises(ConfigError, match=r"no profile mine .* There are profiles/slurm\."):
        profile_for("mine", tmp_path)


def test_the_folder_of_the_job_leads_to_what_a_profile_names(tmp_path: Path) -> None:
    for name in ("results/runs", "profiles/mine", ".snakemake", "folder"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "Snakefile").write_text("rule of_the_study:\n")
    (tmp_path / "profiles/mine/partitions.yaml").write_text("partitions: {}\n")
    prepare(tmp_path / "folder")
    made = tmp_path / "folder"
    assert (made / "profiles/mine/partitions.yaml").read_text() == "partitions: {}\n"
    assert "rule doctor" in (made / "job.smk").read_text()
    assert not (made / "results").exists()
    shutil.rmtree(made)
    assert (tmp_path / "profiles/mine/partitions.yaml").exists()


@pytest.mark.parametrize(
    ("line", "file"),
    [("0::/job/step", "job/memory.max"), ("4:memory:/job", "memory/job/memory.limit_in_bytes")],
)
def test_the_least_limit_of_the_control_groups_counts(line: str, file: str, tmp_path: Path) -> None:
    groups, limit = tmp_path / "groups", tmp_path / "controls" / file
    groups.write_text(f"1:cpu:/other\n{line}\n")
    assert memory_mib(groups, tmp_path / "controls") is None
    limit.parent.mkdir(parents=True)
    limit.write_text(f"{3 * 2**30}\n")
    assert memory_mib(groups, tmp_path / "controls") == 3072
    limit.write_text("max\n" if limit.name == "memory.max" else f"{2**63 - 4096}\n")
    assert memory_mib(groups, tmp_path / "controls") is None


def test_a_job_without_mtdis_on_its_path_still_says_what_it_sees(tmp_path: Path) -> None:
    words = [sys.executable, doctor_submit.PROGRAM / "look.py", tmp_path / "seen.json"]
    variables = {k: v for k, v in os.environ.items() if not k.startswith("SLURM")}
    subprocess.run(words, env=variables | {"PATH": str(tmp_path)}, check=True)
    told = json.loads((tmp_path / "seen.json").read_text())
    assert told["mtdis"] is None
    assert told["executable"] == sys.executable
    assert (told["slurm"], told["doctor"]["findings"]) == (None, [])
