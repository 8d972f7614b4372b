"""Full and read-only disks and cut files under a study on the cluster: named, and complete when
they are mended.
"""

from pathlib import Path

import pytest

from tests.workflow.test_disks import read_only

from .conftest import SlurmStudy, results

pytestmark = pytest.mark.slurm


def doomed(study: SlurmStudy, local: Path) -> Path:
    """The folder of the multi-head run, before it is trained."""
    [folder] = (local / "results/runs").glob("multi_head+*")
    (study.path / "results/runs").mkdir(parents=True)
    return study.path / "results/runs" / folder.name


def test_a_full_disk_is_named_and_the_study_is_complete_when_there_is_room(
    study: SlurmStudy, local: Path, full_disk: Path
) -> None:
    folder = doomed(study, local)
    folder.symlink_to(full_disk)
    study.start("--retries", "0")
    assert study.finish() == 1
    assert "the disk is full" in study.said
    [other] = (study.path / "results/scores").glob("*/index.json")
    assert other.parent.name.startswith("random+")
    folder.unlink()
    study.run()
    assert results(study.path) == results(local)


def test_a_folder_of_runs_that_may_not_be_written_is_named_and_then_filled(
    study: SlurmStudy, local: Path
) -> None:
    """Of runs alone: a driver that may not write into results starts nothing."""
    doomed(study, local)
    with read_only(study.path / "results/runs"):
        study.start("--retries", "0")
        assert study.finish() == 1
    logs = list(
        (study.path / "logs/slurm").rglob("*.log")
    )  # the driver names them; snakemake failed in the jobs
    assert logs
    assert all(
        str(log) in study.said and "Read-only file system" in log.read_text() for log in logs
    )
    study.run()
    assert results(study.path) == results(local)


def test_a_cut_index_is_named_and_made_again_on_request(
    beside_finished: SlurmStudy, local: Path
) -> None:
    study = beside_finished
    study.run()
    [index] = (study.path / "results/scores").glob("multi_head+*/index.json")
    index.write_bytes(index.read_bytes()[:40])
    study.start("--retries", "0")
    assert study.finish() == 1
    assert f"{index.relative_to(study.path)} is damaged" in study.said
    index.unlink()
    study.run()
    assert results(study.path) == results(local)
