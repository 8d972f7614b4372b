"""A small study that snakemake really runs once; each test changes a copy of its folder."""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from small_study import DATASET, TASKS

ROOT = Path(__file__).parents[2]
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
AGGREGATES = {"long_table": 1, "study_table": 1, "table": 1, "figure": 1, "study": 1}
PLANNED = AGGREGATES | {"dataset": 1, "targets": 1, "train": 2, "scores": 2}


@dataclass(frozen=True)
class StudyFolder:
    """A folder with a config in which snakemake works."""

    path: Path
    package: Path = ROOT
    """Folder that holds the mtdis which the jobs and the Snakefile import."""

    def change(self, **experiment: Any) -> None:
        """Overlay fields of the experiment."""
        config = yaml.safe_load((self.path / "config.yaml").read_text())
        config["experiments"]["one"] |= experiment
        self.write(config)

    def write(self, config: dict[str, Any]) -> None:
        """Replace the config."""
        (self.path / "config.yaml").write_text(yaml.safe_dump(config))

    def snakemake(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run the study here as a user would, without a profile."""
        return snakemake("--directory", str(self.path), "--workflow-profile", "none", *words, package=self.package)

    def planned(self, *words: str) -> dict[str, int]:
        """Number of jobs per rule that a dry-run plans."""
        return job_counts(self.snakemake("-n", *words))


def snakemake(*words: str, package: Path = ROOT, folder: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Run snakemake on this checkout's Snakefile."""
    tools = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = os.environ | {"PATH": tools, "PYTHONPATH": str(package), "OMP_NUM_THREADS": "1"}
    command = [
        sys.executable,
        "-m",
        "snakemake",
        "--snakefile",
        str(ROOT / "Snakefile"),
        "--cores",
        "2",
        *words,
    ]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def job_counts(done: subprocess.CompletedProcess[str]) -> dict[str, int]:
    """The job table of a dry-run; empty if nothing is to be done."""
    assert done.returncode == 0, done.stderr
    text = done.stdout + done.stderr
    if "Nothing to be done" in text:
        return {}
    table = text.partition("Job stats:")[2].partition("total")[0]
    return {rule: int(count) for rule, count in re.findall(r"^(\w+) +(\d+)$", table, re.MULTILINE)}


@pytest.fixture(scope="session")
def finished_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the finished small study; not to be changed."""
    folder = StudyFolder(tmp_path_factory.mktemp("study"))
    folder.write(CONFIG)
    assert folder.planned() == PLANNED
    done = folder.snakemake()
    assert done.returncode == 0, done.stderr
    return folder.path


@pytest.fixture
def finished(finished_once: Path, tmp_path: Path) -> StudyFolder:
    """A copy of the finished small study, modification times included."""
    shutil.copytree(finished_once, tmp_path / "study")
    return StudyFolder(tmp_path / "study")


@pytest.fixture
def other_package(tmp_path: Path) -> Path:
    """A copy of the package that a test may change."""
    shutil.copytree(ROOT / "mtdis", tmp_path / "package/mtdis", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path / "package"
