"""Disks that are full or may not be written: the runs on them fail with a plain message, and
nothing else is harmed.
"""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pandas as pd
import pytest
import yaml

from mtdis import paths
from mtdis.study import Study

from .conftest import StudyFolder


def run_folder(study: StudyFolder, kind: str, seed: int) -> Path:
    """The folder of a run's results."""
    made = Study.from_config(yaml.safe_load((study.path / "config.yaml").read_text()))
    (found,) = [i for i, run in made.runs.items() if (run.name(), run.seed) == (kind, seed)]
    return study.path / Path(paths.run(found)).parent


def finish(study: StudyFolder) -> None:
    """Run again after the disk was mended: everything is there, and each run is in the table."""
    done = study.snakemake("one")  # not the page of all
    assert done.returncode == 0, done.stdout
    assert study.planned("one") == {}
    table = pd.read_csv(study.path / "results/studies/small/tables/one/table5.csv")
    assert table["n"].eq(2).all()


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """The folder as on a file system that may not be written: modes would not stop root."""
    words = (
        ["mount", "--bind", str(folder), str(folder)],
        ["mount", "-o", "remount,ro,bind", str(folder)],
    )
    for command in words:
        if subprocess.run(command, capture_output=True).returncode:
            subprocess.run(["umount", str(folder)], capture_output=True)
            pytest.skip("needs to mount, which root may")
    try:
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_fails_its_run_only(finished: StudyFolder, full_disk: Path) -> None:
    finished.change(seed=[1, 2], figures=[])
    folder = run_folder(finished, "multi_head", 2)
    folder.symlink_to(full_disk)
    done = finished.snakemake()
    assert done.returncode == 1
    assert "the disk is full" in done.stdout
    assert "Free some space and run the same command again; what is finished stays." in done.stdout
    assert (run_folder(finished, "random", 2) / "run.json").exists()
    assert not (full_disk / "run.json").exists()
    folder.unlink()
    assert finished.planned("one") == {
        "train": 1,
        "scores": 1,
        "long_table": 1,
        "table": 1,
        "one": 1,
    }
    finish(finished)


def test_a_results_folder_that_may_not_be_written_loses_nothing(finished: StudyFolder) -> None:
    finished.change(seed=[1, 2], figures=[])
    before = {p: p.read_bytes() for p in (finished.path / "results").rglob("*") if p.is_file()}
    with read_only(finished.path / "results"):
        done = finished.snakemake()
    assert done.returncode == 1
    assert "Write-protected output files" in done.stdout
    assert {
        p: p.read_bytes() for p in (finished.path / "results").rglob("*") if p.is_file()
    } == before
    finish(finished)


def test_a_run_on_a_read_only_disk_loses_nothing_that_is_finished(finished: StudyFolder) -> None:
    # Snakemake itself ends here, with others still to come: it can't take away the output that a
    # job might have left.
    finished.change(seed=[1, 2], figures=[])
    before = {p: p.read_bytes() for p in (finished.path / "results").rglob("run.json")}
    folder = run_folder(finished, "multi_head", 2)
    folder.mkdir()
    with read_only(folder):
        done = finished.snakemake()
    assert done.returncode == 1
    assert f"Read-only file system: '{folder.relative_to(finished.path)}" in done.stdout
    assert {p: p.read_bytes() for p in before} == before
    finish(finished)


def test_scores_that_were_cut_are_named_and_computed_again_on_request(
    finished: StudyFolder,
) -> None:
    [cut] = (finished.path / "results/scores").glob("multi_head+*/index.json")
    whole = json.loads(cut.read_text())
    cut.write_bytes(cut.read_bytes()[:40])
    done = finished.snakemake("one")
    assert done.returncode == 1
    assert f"{cut.relative_to(finished.path)}" in done.stdout.partition("mtdis: error:")[2]
    assert "Traceback" not in done.stdout
    cut.unlink()
    assert finished.snakemake("one").returncode == 0
    again = json.loads(cut.read_text())
    assert {key for key in whole if again[key] != whole[key]} <= {"seal", "execution"}
