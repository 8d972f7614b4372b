"""A small study that snakemake really runs once; each test changes a copy of its folder."""

import os
import re
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fcntl import LOCK_EX, flock
from pathlib import Path
from subprocess import PIPE, STDOUT, CompletedProcess, Popen
from typing import Any

import pytest
import yaml
from helpers.places import ROOT
from helpers.small_study import DATASET, TASKS

from mtdis import paths

CONFIG: dict[str, Any] = {
    "name": "small",
    "metrics": {"mig": {"num_train": 200}},
    "experiments": {
        "one": {
            "kind": ["random", "multi_head"],
            "seed": [1],
            "dataset": DATASET,
            "tasks": TASKS,
            "epochs": 1,
            "batch_size": 16,
            "head_layers": [16],
            "tables": ["table5"],
            "figures": ["figure3"],
        }
    },
}
HALF_WRITTEN = shutil.ignore_patterns("*.pyc.*", "*.tmp.*")
"""What Python and numba are about to put into their caches: it may be gone before it is copied."""
UMASK = 0o027
"""Not the usual one, so that files which do not follow it are seen (test_shared.py)."""
AGGREGATES = dict.fromkeys(("long_table", "study_table", "table", "figure", "page", "study"), 1)
PLANNED = AGGREGATES | {"dataset": 1, "targets": 1, "train": 2, "scores": 2}


@dataclass(frozen=True)
class StudyFolder:
    """A folder with a config in which snakemake works."""

    path: Path
    checkout: Path = ROOT
    """Folder that holds the Snakefile and the package."""

    def change(self, **experiment: Any) -> None:
        """Overlay fields of the experiment."""
        config = yaml.safe_load((self.path / "config.yaml").read_text())
        config["experiments"]["one"] |= experiment
        self.write(config)

    def write(self, config: dict[str, Any]) -> None:
        """Replace the config, and say that the tables of the one before may be replaced."""
        (self.path / paths.started(config["name"])).unlink(missing_ok=True)
        (self.path / "config.yaml").write_text(yaml.safe_dump(config))

    def snakemake(self, *words: str) -> CompletedProcess[str]:
        """Run the study here as a user would, by the default profile."""
        return snakemake(*words, checkout=self.checkout, folder=self.path)

    def planned(self, *words: str) -> dict[str, int]:
        """Number of jobs per rule that a dry-run plans."""
        return job_counts(self.snakemake("-n", *words))


def snakemake(*words: str, checkout: Path = ROOT, folder: Path = ROOT) -> CompletedProcess[str]:
    """Run snakemake in a folder on a checkout's Snakefile.

    All that it prints stands in `stdout`.
    """
    process = started(*words, checkout=checkout, folder=folder)
    said, _ = process.communicate()
    return CompletedProcess(process.args, process.returncode, said)


def started(*words: str, checkout: Path = ROOT, folder: Path = ROOT) -> Popen[str]:
    """Start snakemake in a folder on a checkout's Snakefile."""
    tools = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    plugins = os.environ.get("PYTHONPATH", "")  # .ci/run has one of them there
    modules = os.pathsep.join(filter(None, [str(checkout), plugins]))
    environment = os.environ | {"PATH": tools, "PYTHONPATH": modules, "OMP_NUM_THREADS": "1"}
    program = str(Path(sys.executable).with_name("snakemake"))
    command = [program, "--snakefile", str(checkout / "Snakefile"), "--cores", "2", *words]
    return Popen(
        command,
        cwd=folder,
        env=environment,
        stdout=PIPE,
        stderr=STDOUT,
        text=True,
        umask=UMASK,
    )


def job_counts(done: CompletedProcess[str]) -> dict[str, int]:
    """The job table of a dry-run; empty if nothing is to be done."""
    assert done.returncode == 0, done.stdout
    if "Nothing to be done" in done.stdout:
        return {}
    table = done.stdout.partition("Job stats:")[2].partition("total")[0]
    assert table
    return {rule: int(count) for rule, count in re.findall(r"^(\w+) +(\d+)$", table, re.MULTILINE)}


@contextmanager
def of_all_workers(tmp_path_factory: pytest.TempPathFactory, name: str) -> Iterator[Path]:
    """A folder that all workers of pytest-xdist share, for one of them at a time."""
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    shared = folder / name
    shared.mkdir(exist_ok=True)
    with (folder / f"{name}.lock").open("w") as lock:
        flock(lock, LOCK_EX)
        yield shared


@pytest.fixture(scope="session")
def finished_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the finished small study, made by the first that asks; not to be changed."""
    with of_all_workers(tmp_path_factory, "finished") as shared:
        folder, whole = StudyFolder(shared / "study"), shared / "whole"
        if not whole.exists():
            folder.path.mkdir()  # there already: it failed in another worker
            folder.write(CONFIG)
            assert folder.planned() == PLANNED
            done = folder.snakemake("--verbose")
            assert done.returncode == 0, done.stdout
            whole.touch()
    return folder.path


@pytest.fixture
def finished(finished_once: Path, tmp_path: Path) -> StudyFolder:
    """A copy of the finished small study, modification times included."""
    shutil.copytree(finished_once, tmp_path / "study")
    return StudyFolder(tmp_path / "study")


@pytest.fixture
def other_checkout(tmp_path: Path) -> Path:
    """A copy of Snakefile, package and config without any results, which a test may change.

    With what Python and numba have compiled: it stands by the dates of the sources.
    """
    copy = tmp_path / "checkout"
    for name in ("mtdis", "snakemake_logger_plugin_mtdis", "workflow", "envs", "profiles"):
        shutil.copytree(ROOT / name, copy / name, ignore=HALF_WRITTEN)
    for name in ("Snakefile", "config.yaml"):
        shutil.copy(ROOT / name, copy)
    return copy
