"""The profiles of HTCondor, LSF and PBS plan the study and ask a GPU for what learns, only.

None of them was run on a cluster of its kind: see the heads of the profiles.
"""

import os
import re
import subprocess
from importlib.util import find_spec
from pathlib import Path

import pytest
from helpers.places import ROOT
from workflow.conftest import AGGREGATES, CONFIG, StudyFolder

from mtdis.operations.doctor_submit import prepare, run_snakemake

GPU = {
    "htcondor": re.compile(r"request_gpus=1"),
    "lsf": re.compile(r"lsf_extra=-gpu num=1"),
    "pbs": re.compile(r" gpu=1"),
}
PLUGIN = {
    "htcondor": "snakemake_executor_plugin_htcondor",  # it warns: not locked
    "lsf": "snakemake_executor_plugin_lsf",
    "pbs": "snakemake_executor_plugin_cluster_generic",
}


@pytest.mark.slow
@pytest.mark.workflow
@pytest.mark.parametrize("scheduler", sorted(GPU))
def test_a_gpu_is_asked_for_what_learns(scheduler: str, tmp_path: Path) -> None:
    if find_spec(PLUGIN[scheduler]) is None:
        pytest.skip(f"needs {PLUGIN[scheduler].replace('_', '-')}, as .ci/run has it")
    folder = StudyFolder(tmp_path)
    folder.write(CONFIG)
    profile = str(ROOT / "profiles" / scheduler)
    done = folder.snakemake("-n", "--logger-mtdis-jobs", "--workflow-profile", profile)
    assert done.returncode == 0, done.stdout
    asked = {}
    for job in re.split(r"^(?:local)?rule ", done.stdout, flags=re.MULTILINE)[1:]:
        if job.startswith("train:"):
            asked[job.partition("run=")[2].split("+")[0]] = bool(GPU[scheduler].search(job))
    assert asked == {"random": False, "multi_head": True}
    table = done.stdout.partition("Each job asks for\n")[2].splitlines()
    lines = [line.split() for line in table]
    gpus = {line[2] for line in lines if line[:1] == ["train"]}
    assert len(gpus) == 2
    assert "-" in gpus
    assert not {line[0] for line in lines if line} & {*AGGREGATES, "table", "page", "study"}
    assert all(f"\n{rule} " in done.stdout for rule in AGGREGATES)


@pytest.mark.slow
@pytest.mark.workflow
@pytest.mark.parametrize("gpus", [0, 1])
@pytest.mark.parametrize("scheduler", sorted(GPU))
def test_the_job_of_doctor_asks_for_a_gpu_as_trainings_do(
    scheduler: str, gpus: int, tmp_path: Path
) -> None:
    if find_spec(PLUGIN[scheduler]) is None:
        pytest.skip(f"needs {PLUGIN[scheduler].replace('_', '-')}, as .ci/run has it")
    (tmp_path / "job").mkdir()
    prepare(tmp_path / "job")
    words = ["-n", "--logger-mtdis-jobs", "--workflow-profile", str(ROOT / "profiles" / scheduler)]
    status, said, _ = run_snakemake([*words, "--config", f"gpus={gpus}"], tmp_path / "job")
    assert status == 0, said
    job = said.partition("rule doctor:")[2].partition("Each job asks for")
    assert bool(GPU[scheduler].search(job[0])) == bool(gpus)
    assert ("gpu" in job[2].splitlines()[1].split()) == bool(gpus)


@pytest.mark.parametrize(
    ("said", "word"),
    [
        ("    job_state = R", "running"),
        ("    job_state = Q", "running"),
        ("    job_state = F\n    Exit_status = 0", "success"),
        ("    job_state = F\n    Exit_status = 271", "failed"),
        ("    job_state = F", "failed"),
        ("", "failed"),  # forgotten
    ],
)
def test_pbs_states_become_the_three_words_of_snakemake(
    said: str, word: str, tmp_path: Path
) -> None:
    (tmp_path / "said").write_text(said)
    qstat = tmp_path / "qstat"
    qstat.write_text(f'#!/bin/sh\ntest "$1 $2" = "-xf 7.server" && cat {tmp_path}/said\n')
    qstat.chmod(0o755)
    path = {"PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(
        [ROOT / "profiles/pbs/status", "7.server"],
        env=os.environ | path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == [word]
