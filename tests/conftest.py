"""Fixtures that several test files share."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from helpers.small_study import make_data

ON_REQUEST = ("simulation", "browser")
QUICK = ("tests/unit/", "tests/contract/")
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def pytest_configure() -> None:
    """Give BLAS one thread, before numpy is loaded: beside other workers of pytest-xdist its
    threads would wait for each other in loops that cost as much as the work.
    """
    os.environ.update({name: os.environ.get(name, "1") for name in THREADS})


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark as quick what lies in these folders and is not marked as slow, the first case of each:
    the edit loop tries every claim, not every case. What lies in tests/workflow runs snakemake.
    What is ON_REQUEST runs when it is asked for, and is counted as deselected otherwise.
    """
    for marker in ON_REQUEST:
        if marker not in config.option.markexpr:
            others = [item for item in items if item.get_closest_marker(marker)]
            config.hook.pytest_deselected(items=others)
            items[:] = [item for item in items if item not in others]
    seen: set[str] = set()
    for item in items:
        if item.nodeid.startswith("tests/workflow/"):
            item.add_marker("workflow")
        if item.nodeid.startswith(QUICK) and not item.get_closest_marker("slow"):
            test = item.nodeid.partition("[")[0]
            if test not in seen:
                item.add_marker("quick")
            seen.add(test)


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests work in a folder of their own: commands write index files below the working folder."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small dataset (d.json) and its targets (t.json), made by the commands."""
    folder = tmp_path_factory.mktemp("data")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        make_data(folder)
    return folder


@pytest.fixture
def full_disk(tmp_path: Path) -> Iterator[Path]:
    """A folder on a file system of 128 KiB."""
    folder = tmp_path / "full"
    folder.mkdir()
    mount = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=128k", "tmpfs", str(folder)],
        capture_output=True,
        text=True,
    )
    if mount.returncode:
        pytest.skip(f"needs to mount a small tmpfs, which root may: {mount.stderr.strip()}")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)
