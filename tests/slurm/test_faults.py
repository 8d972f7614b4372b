"""What a cluster does to jobs and drivers: the study ends complete, in the same bytes, and no other
run is harmed.
"""

import os
import signal
import time
from pathlib import Path
from shlex import quote

import pytest

from . import cluster
from .conftest import SlurmStudy, accounting, results, until

pytestmark = pytest.mark.slurm


def states(study: SlurmStudy) -> dict[str, list[str]]:
    """kind → the states of its trainings, attempt by attempt."""
    found: dict[str, list[str]] = {}
    for job in study.accounted("train"):
        found.setdefault("multi_head" if "gres/gpu" in job["ReqTRES"] else "random", []).append(
            job["State"]
        )
    return found


def process_of_training(job: str) -> int:
    """The process of `mtdis train` in a job."""
    wanted = f"SLURM_JOB_ID={job}".encode()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().split(b"\0")
            is_training = words[1].endswith(b"/mtdis") and words[2] == b"train"
            if is_training and wanted in (folder / "environ").read_bytes().split(b"\0"):
                return int(folder.name)
        except (OSError, IndexError):
            continue
    raise AssertionError(f"no training in job {job}")


def step_daemon_of(process: int) -> int:
    """The slurmstepd above a process."""
    while not Path(f"/proc/{process}/comm").read_text().startswith("slurmstepd"):
        process = int(Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1])
    return process


def test_a_killed_training_is_resumed(study: SlurmStudy, local: Path) -> None:
    study.start()
    job, _ = study.training()
    os.kill(process_of_training(job), signal.SIGKILL)
    assert study.finish() == 0, study.said
    assert states(study) == {"multi_head": ["FAILED", "COMPLETED"], "random": ["COMPLETED"]}
    first, second = [j for j in study.accounted("train") if "gres/gpu" in j["ReqTRES"]]
    assert int(second["TimelimitRaw"]) == 2 * int(first["TimelimitRaw"])
    assert results(study.path) == results(local)


def test_a_job_that_slurm_has_lost_is_cancelled_by_hand_and_done_again(
    beside_finished: SlurmStudy, local: Path
) -> None:
    study = beside_finished
    study.start()
    job, _ = study.training()
    os.kill(
        step_daemon_of(process_of_training(job)), signal.SIGKILL
    )  # its training goes on, which nobody knows
    cluster.run("scancel", job)  # SLURM would call it running until its time is up
    assert study.finish() == 0, study.said
    assert states(study)["multi_head"] == ["CANCELLED by 0", "COMPLETED"]
    assert results(study.path) == results(local)


def test_a_cancelled_training_is_resumed(beside_finished: SlurmStudy, local: Path) -> None:
    study = beside_finished
    study.start()
    job, _ = study.training()
    cluster.run("scancel", job)
    assert study.finish() == 0, study.said
    cancelled, second = states(study)["multi_head"]
    assert cancelled.startswith("CANCELLED")
    assert second == "COMPLETED"
    assert results(study.path) == results(local)


def test_a_training_over_its_time_limit_is_resumed_with_more_time(
    beside_finished: SlurmStudy, local: Path
) -> None:
    study = beside_finished
    study.start()
    job, _ = study.training()
    cluster.run("scontrol", "update", f"jobid={job}", "EndTime=now+1seconds")
    assert study.finish() == 0, study.said
    assert states(study)["multi_head"] == ["TIMEOUT", "COMPLETED"]
    assert results(study.path) == results(local)


def test_a_training_over_its_memory_is_tried_with_more(
    beside_finished: SlurmStudy, local: Path
) -> None:
    study = beside_finished
    study.start("--set-resources", "train:mem_mb=300*attempt**3")
    assert study.finish() == 0, study.said
    assert states(study)["multi_head"] == [
        "FAILED",
        "COMPLETED",
    ]  # OUT_OF_MEMORY where cgroups watch, as they can't here
    assert [j["ReqMem"] for j in study.accounted("train") if "gres/gpu" in j["ReqTRES"]] == [
        "300M",
        "2400M",
    ]
    logs = [log.read_text() for log in (study.path / "logs/slurm").rglob("*.log")]
    assert any("exceeded memory limit" in log for log in logs)
    assert results(study.path) == results(local)


def test_a_training_on_a_node_that_fails_is_resumed_on_another(
    beside_finished: SlurmStudy, local: Path
) -> None:
    study = beside_finished
    study.start()
    _, node = study.training()
    cluster.run("scontrol", "update", f"nodename={node}", "state=down", "reason=test")
    try:
        assert study.finish() == 0, study.said
    finally:
        cluster.run(
            "scontrol", "update", f"nodename={node}", "state=resume", check=False
        )  # or it is back already
    assert states(study)["multi_head"] == ["NODE_FAIL", "COMPLETED"]
    assert results(study.path) == results(local)


def test_ten_seconds_without_the_controller_cost_nothing(study: SlurmStudy, local: Path) -> None:
    study.start()
    study.training()
    cluster.stop("slurmctld", signal.SIGKILL)
    time.sleep(10)
    cluster.start_controller()
    assert study.finish() == 0, study.said
    assert states(study) == {"multi_head": ["COMPLETED"], "random": ["COMPLETED"]}
    assert results(study.path) == results(local)


def test_a_killed_driver_is_started_again_beside_its_jobs(study: SlurmStudy, local: Path) -> None:
    study.start()
    orphan, _ = study.training()
    training = process_of_training(orphan)
    os.kill(training, signal.SIGSTOP)  # it is to live until its successor has come
    study.kill_driver()
    mine = (  # as docs/cluster.md has it, without cancelling
        "squeue --me -h -o '%i %j %Z' |"
        """ awk -v here="$(pwd -P)" '$2 ~ /^mtdis_/ && $3 == here {print $1}'"""
    )
    for folder, found in ((study.path, {orphan}), (local, set())):
        listed = cluster.run("bash", "-c", f"cd {quote(str(folder))} && {mine}").split()
        assert {orphan} & set(listed) == found
    study.start("--unlock")
    assert study.finish() == 0, study.said
    study.start()
    try:
        [log] = (study.path / "logs/train").glob("multi_head+*.log")
        until("waiting successor", lambda: f"waiting for SLURM job {orphan} on " in log.read_text())
    finally:
        os.kill(training, signal.SIGCONT)
    assert study.finish() == 0, study.said
    assert "\ntraining " not in log.read_text()  # what the orphan finished was taken over
    assert [job["State"] for job in accounting(orphan)] == ["COMPLETED"]
    assert results(study.path) == results(local)
