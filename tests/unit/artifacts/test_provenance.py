"""What a record says of how it was made."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from mtdis.artifacts import provenance

MIB = 2**20
PRINT = "from mtdis.artifacts import provenance; {}; print(provenance.peak_memory())"


def peak(doing: str) -> float:
    command = [sys.executable, "-c", PRINT.format(doing)]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


@pytest.mark.skipif(not provenance.STATUS.exists(), reason="only Linux tells a process's own peak")
def test_peak_memory_is_not_that_of_the_process_that_started_this_one() -> None:
    ours = b"x" * (400 * MIB)
    assert provenance.peak_memory() > 400
    assert 5 < peak("pass") < 100
    assert len(ours) == 400 * MIB


def test_peak_memory_counts_what_was_given_back() -> None:
    assert 300 < peak(f"x = b'x' * {300 * MIB}; del x") < 400


@pytest.mark.parametrize(("platform", "unit"), [("linux", 1024), ("darwin", MIB)])
def test_without_proc_getrusage_tells(
    platform: str, unit: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(provenance, "STATUS", provenance.STATUS.with_name("nothing"))
    monkeypatch.setattr(sys, "platform", platform)
    counted = provenance.resource.getrusage(provenance.resource.RUSAGE_SELF).ru_maxrss
    assert provenance.peak_memory() == pytest.approx(counted / unit, rel=0.01)


def git(folder: Path, *words: str) -> str:
    name = ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false"]
    variables = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    command = ["git", "-C", str(folder), *name, *words]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=variables)
    return done.stdout.strip()


def test_the_commit_is_of_the_repository_that_tracks_the_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = tmp_path / ".venv/lib/mtdis/artifacts/provenance.py"
    module.parent.mkdir(parents=True)
    module.with_name("__init__.py").touch()
    (module.parents[1] / "__init__.py").touch()
    module.touch()
    monkeypatch.setattr(provenance, "__file__", str(module))
    assert provenance.commit() == ""
    (tmp_path / "notes").touch()
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "add", "notes")
    git(tmp_path, "commit", "-qm", "another project, in whose folder the package is installed")
    assert provenance.commit() == ""

    git(tmp_path, "add", ".venv")
    git(tmp_path, "commit", "-qm", "now it is tracked")
    head = git(tmp_path, "rev-parse", "HEAD")
    assert provenance.commit() == head
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "nothing"))  # as in a hook
    assert provenance.commit() == head
    module.write_text("changed")
    assert provenance.commit() == head + "+changes"


def test_processor_and_kernels_are_recorded() -> None:
    about = provenance.execution("cuda (NVIDIA H200)", 1)
    assert about["processor"]
    assert about["kernels"].startswith("GPU NVIDIA H200, ")
