"""Two processes that are told to compute the same run or stage: one does, the other waits and finds
it finished.
"""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from errno import EBADF
from fcntl import F_GETFL, fcntl
from pathlib import Path
from typing import Any

import pytest

from mtdis.artifacts import locks
from mtdis.cli import main
from mtdis.errors import ArtifactError

HOLD = """
import sys
from pathlib import Path
from mtdis.artifacts.locks import alone_with
record = Path(sys.argv[1])
with alone_with(record) as waited:
    print(waited, flush=True)
    if sys.stdin.read():
        record.touch()
"""


@contextmanager
def holder(record: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that has the lock, until something or the end of its input is written to
    it.
    """
    words = [sys.executable, "-c", HOLD, str(record)]
    environment = os.environ | {"SLURM_JOB_ID": "17"}
    pipe = subprocess.PIPE
    with subprocess.Popen(words, stdin=pipe, stdout=pipe, text=True, env=environment) as process:
        assert process.stdout
        assert process.stdout.readline() == "False\n"
        yield process
        process.communicate()


def end_when_waited_for(
    process: subprocess.Popen[str], how: Any, patch: pytest.MonkeyPatch
) -> None:
    """End the holder at the moment in which this process begins to wait for it."""

    def blocking(lock: int, way: int) -> None:
        if not way & locks.LOCK_NB:
            how(process)
        real(lock, way)

    real = locks.flock
    patch.setattr(locks, "flock", blocking)


def test_the_second_waits_for_the_first_and_finds_its_record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    record = tmp_path / "run/run.json"
    with holder(record) as process:
        end_when_waited_for(process, lambda p: p.communicate("end"), monkeypatch)
        with locks.alone_with(record) as waited:
            assert waited
            assert record.exists()
    assert "waiting for SLURM job 17 on " in capsys.readouterr().err
    assert list(record.parent.iterdir()) == [record]


def test_a_killed_process_has_no_lock(tmp_path: Path) -> None:
    record = tmp_path / "run/run.json"
    with holder(record) as process:
        process.send_signal(signal.SIGKILL)
        process.wait()
        with locks.alone_with(record) as waited:
            assert not waited


def test_a_folder_that_cannot_be_written_is_left_to_the_one_who_writes_results(
    tmp_path: Path,
) -> None:
    (tmp_path / "file").touch()
    with locks.alone_with(tmp_path / "file/run.json") as waited:
        assert not waited


def test_without_locks_nobody_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def unsupported(lock: int, way: int) -> None:
        raise OSError(38, "Function not implemented")

    monkeypatch.setattr(locks, "flock", unsupported)
    with locks.alone_with(tmp_path / "run.json") as waited:
        assert not waited
    assert "see that no other job computes this" in capsys.readouterr().err


def test_a_lock_is_probed_where_exclusive_ones_need_a_writable_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on NFS, where flock is emulated by fcntl's locks (man 2 flock)."""

    def as_on_nfs(lock: Any, way: int) -> None:
        if way & locks.LOCK_EX and fcntl(lock, F_GETFL) & os.O_ACCMODE == os.O_RDONLY:
            raise OSError(EBADF, "Bad file descriptor")
        real(lock, way)

    real = locks.flock
    monkeypatch.setattr(locks, "flock", as_on_nfs)
    record = tmp_path / "run/run.json"
    assert locks.is_free(record)
    with locks.alone_with(record):
        assert not locks.is_free(record)
    assert locks.is_free(record)


def test_who_would_not_wait_learns_that_another_has_the_lock(tmp_path: Path) -> None:
    record = tmp_path / "run/run.json"
    with holder(record) as process:
        with locks.alone_if_free(record) as alone:
            assert not alone
        record.touch()
        with locks.alone_if_free(record):
            pass
        assert record.with_name("lock").exists()  # it is not the one's who did not get it
        process.communicate("end")
    record.unlink()
    with locks.alone_if_free(record) as alone:
        assert alone
        assert not locks.is_free(record)
        record.touch()
    assert list(record.parent.iterdir()) == [record]


def test_without_locks_who_would_not_wait_has_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unsupported(lock: int, way: int) -> None:
        raise OSError(38, "Function not implemented")

    monkeypatch.setattr(locks, "flock", unsupported)
    with locks.alone_if_free(tmp_path / "run.json") as alone:
        assert not alone


def test_a_stage_that_another_process_computes_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = tmp_path / "stage/stage.json"
    run = {"kind": "random", "dataset": "dsprites_rendered", "seed": 1}
    spec = json.dumps({"stage": "umap", "parent": run, "network": "random"})
    nothing = str(tmp_path / "nothing.json")
    words = [
        "stage",
        "--spec",
        spec,
        "--parent",
        nothing,
        "--dataset",
        nothing,
        "--out",
        str(record),
    ]
    with holder(record) as process:
        end_when_waited_for(process, lambda p: p.communicate("end"), monkeypatch)
        assert main(words) == 0
    assert main(words) == 2  # nobody to wait for: it would compute, and has nothing to compute from


@pytest.mark.parametrize("kind", ["link", "dangling", "folder", "pipe"])
def test_what_is_no_file_is_no_lock(kind: str, tmp_path: Path) -> None:
    record, other = tmp_path / "run/run.json", tmp_path / "precious"
    record.parent.mkdir()
    other.write_text("of somebody else")
    lock = record.with_name("lock")
    if kind == "folder":
        lock.mkdir()
    elif kind == "pipe":
        os.mkfifo(lock)
    else:
        lock.symlink_to(other if kind == "link" else tmp_path / "nothing")
    assert locks.is_free(record)
    for lock_of in (locks.alone_with, locks.alone_if_free):
        with pytest.raises(ArtifactError, match=r"lock is no file.*Remove it"), lock_of(record):
            pass
    assert other.read_text() == "of somebody else"
    assert not (tmp_path / "nothing").exists()
