"""Containers: the package's folder is read-only, there is no home, and all the same it computes."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from helpers.places import ROOT
from helpers.small_study import DATASET

from mtdis import numba_cache

pytestmark = pytest.mark.slow
SOURCES = ("data/rendering", "metrics/_estimators")
SCRIPT = """
import json, os, sys
from mtdis.cli import main
from mtdis.metrics._estimators import boosting_kernels  # compiled functions are made
status = main(["dataset", "--spec", sys.argv[1], "--out", "d.json"])
print(status)
print(os.environ["NUMBA_CACHE_DIR"], len(os.listdir(os.environ["NUMBA_CACHE_DIR"])))
main(["doctor", "--json"])
"""


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the package beside whose sources nothing can be kept, nor in a home."""
    shutil.copytree(
        ROOT / "mtdis", tmp_path / "mtdis", ignore=shutil.ignore_patterns("__pycache__")
    )
    for source in SOURCES:
        (tmp_path / "mtdis" / source / "__pycache__").touch()  # modes would not stop root
    for name in ("XDG_CACHE_HOME", "NUMBA_CACHE_DIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", "/dev/null/home")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    return tmp_path


@pytest.mark.slow
def test_what_is_compiled_lies_in_a_temporary_folder(nowhere: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, json.dumps(DATASET)], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    status, place, findings = done.stdout.split("\n", 2)
    assert status == "0"
    folder, count = place.split()
    assert int(count) > 0
    assert not Path(folder).exists()  # removed at the end
    assert str(nowhere) not in folder
    (about,) = [one for one in json.loads(findings) if one["thing"] == "numba cache"]
    assert about["standing"] == "ok"  # in this process, by now

    told = subprocess.run(
        [sys.executable, "-m", "mtdis.cli", "doctor"], capture_output=True, text=True
    ).stdout
    (line,) = [line for line in told.splitlines() if "numba cache" in line]
    assert "each process compiles anew" in line
    assert "set NUMBA_CACHE_DIR" in told


def test_a_folder_of_the_users_choice_comes_first(
    nowhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = nowhere / "mtdis" / SOURCES[0]
    assert numba_cache.lasting_place(source) is None
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(nowhere / "chosen"))
    assert numba_cache.lasting_place(source) == nowhere / "chosen"


def test_without_any_place_nothing_is_kept(nowhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(**options: str) -> str:
        raise FileNotFoundError("No usable temporary directory found")

    monkeypatch.setattr(numba_cache, "mkdtemp", full)
    numba_cache._temporary.cache_clear()
    assert not numba_cache.is_cacheable(str(nowhere / "mtdis" / SOURCES[0] / "x.py"))
    numba_cache._temporary.cache_clear()
