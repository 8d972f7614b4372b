"""Copies of the program: named by content, kept whole, removed when nothing uses them."""

import json
import os
import stat
import subprocess
import sys
from fcntl import LOCK_SH, flock
from pathlib import Path

import pytest
from helpers.places import ROOT

from mtdis import program
from mtdis.program import FOLDER, INCOMPLETE, MANIFEST, Program


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A small checkout, with what must not be copied."""
    folder = tmp_path / "check {out}"
    for name, text in {
        "Snakefile": "include: 'workflow/Snakefile'",
        "workflow/Snakefile": "",
        "workflow/.train.smk.swp": "what an editor hides",
        "envs/mtdis.yaml": "",
        "mtdis/__init__.py": "",
        "mtdis/one.py": "ONE = 1",
        "mtdis/one.py~": "ONE = 0",
        "mtdis/__pycache__/one.cpython.pyc": "compiled",
        "results/run.json": "no part of the program",
    }.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def started(checkout: Path, folder: Path, config: str = "{}") -> tuple[Path, str]:
    """The copy of a start, and what it says."""
    found = Program.read(checkout, checkout / "mtdis")
    copy, _, changed = program.start(found, folder, config)
    return copy, changed


def edit(checkout: Path, text: str) -> None:
    (checkout / "mtdis/one.py").write_text(text)


def test_a_copy_holds_package_and_rules_under_the_hash_of_their_content(
    checkout: Path, tmp_path: Path
) -> None:
    copy, changed = started(checkout, tmp_path)
    files = {str(p.relative_to(copy)) for p in copy.rglob("*") if p.is_file()}
    assert {f for f in files if not f.startswith("studies/")} == {
        "Snakefile", "workflow/Snakefile", "envs/mtdis.yaml", "mtdis/__init__.py", "mtdis/one.py",
        "mtdis/__pycache__/one.cpython.pyc", MANIFEST,
    }  # fmt: skip
    assert changed == ""
    dates = [(f / "mtdis/one.py").stat().st_mtime_ns for f in (checkout, copy)]
    assert dates[0] == dates[1]  # what is compiled stands by it
    assert started(checkout, tmp_path) == (copy, "")
    edit(checkout, "ONE = 2")
    other, changed = started(checkout, tmp_path)
    assert other != copy
    assert changed.startswith("The program has changed since the last start here: mtdis/one.py.")
    edit(checkout, "ONE = 1")
    assert started(checkout, tmp_path)[0] == copy


def test_an_edited_copy_is_made_again(checkout: Path, tmp_path: Path) -> None:
    copy, _ = started(checkout, tmp_path)
    edit(copy, "ONE = 3")
    assert started(checkout, tmp_path)[0] == copy
    assert (copy / "mtdis/one.py").read_text() == "ONE = 1"


def test_each_config_of_a_program_is_kept(checkout: Path, tmp_path: Path) -> None:
    found = Program.read(checkout, checkout / "mtdis")
    files = [Path(program.start(found, tmp_path, text)[1]) for text in ("{}", '{"name": "b"}')]
    assert [file.read_text() for file in files] == ["{}", '{"name": "b"}']


def copies(folder: Path) -> int:
    return len(list(folder.glob(f"{FOLDER}/*/{MANIFEST}")))


def test_of_the_copies_that_nothing_uses_the_newest_stay(checkout: Path, tmp_path: Path) -> None:
    first, _ = started(checkout, tmp_path)
    lock = os.open(first / MANIFEST, os.O_RDONLY)
    flock(lock, LOCK_SH)  # as a process that runs it
    os.utime(first / MANIFEST, (1, 1))
    for number in range(2, 7):
        edit(checkout, f"ONE = {number}")
        newest, _ = started(checkout, tmp_path)
        os.utime(newest / MANIFEST, (number, number))
    assert copies(tmp_path) == program.KEPT + 1
    assert first.exists()
    os.close(lock)
    edit(checkout, "ONE = 7")
    marker = tmp_path / INCOMPLETE / "abc"
    marker.parent.mkdir(parents=True)
    marker.write_text('{"external_jobid": "17"}')
    started(checkout, tmp_path)
    assert copies(tmp_path) == program.KEPT + 2  # a job may wait in the queue
    marker.write_text('{"external_jobid": null}')
    newest, _ = started(checkout, tmp_path)
    assert copies(tmp_path) == program.KEPT
    assert newest.exists()
    assert not first.exists()


@pytest.mark.parametrize(("umask", "mode"), [(0o022, 0o644), (0o027, 0o640)])
def test_copies_follow_the_umask(umask: int, mode: int, checkout: Path, tmp_path: Path) -> None:
    before = os.umask(umask)
    try:
        copy, _ = started(checkout, tmp_path)
    finally:
        os.umask(before)
    files = [p for p in copy.rglob("*") if p.is_file() and p.suffix != ".pyc"]
    assert {stat.S_IMODE(p.stat().st_mode) for p in files} == {mode}


@pytest.mark.slow
def test_jobs_run_the_copy_and_not_the_installed_package(tmp_path: Path) -> None:
    """Whether the package is installed or found by PYTHONPATH; the copy knows itself."""
    place = tmp_path / "a {folder} of it's"
    copy, study, _ = program.start(Program.read(ROOT), place, '{"name": "mine"}')
    code = (
        "from mtdis import program as p; from mtdis.artifacts.provenance import execution;"
        "found = execution('cpu', 1)['program'];"
        "print(p.__file__, p.config_of_job(), found, p.commit(), sep='|')"
    )
    for variables in ({}, {"PYTHONPATH": str(ROOT)}):
        environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
        environment |= {program.STUDY: study} | variables
        prefix = program.shell_prefix(copy).format()
        command = ["bash", "-c", f'{prefix} "$0" -c "$1"', sys.executable, code]
        done = subprocess.run(command, env=environment, capture_output=True, text=True)
        file, config, name, commit = done.stdout.strip().split("|")
        assert file == str(copy / "mtdis/program.py"), done.stderr
        assert config == "{'name': 'mine'}"
        assert name == copy.name
        assert commit == json.loads((copy / MANIFEST).read_text())["commit"] == program.commit()


def git(folder: Path, *words: str) -> str:
    name = ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false"]
    variables = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    command = ["git", "-C", str(folder), *name, *words]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=variables)
    return done.stdout.strip()


def test_the_commit_is_of_the_repository_that_tracks_the_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = tmp_path / ".venv/lib/mtdis/program.py"
    module.parent.mkdir(parents=True)
    module.with_name("__init__.py").touch()
    module.touch()
    monkeypatch.setattr(program, "__file__", str(module))
    assert program.commit() == ""
    (tmp_path / "notes").touch()
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "add", "notes")
    git(tmp_path, "commit", "-qm", "another project, in whose folder the package is installed")
    assert program.commit() == ""

    git(tmp_path, "add", ".venv")
    git(tmp_path, "commit", "-qm", "now it is tracked")
    head = git(tmp_path, "rev-parse", "HEAD")
    assert program.commit() == head
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "nothing"))  # as in a hook
    assert program.commit() == head
    module.write_text("changed")
    assert program.commit() == head + "+changes"
