"""`mtdis init` and the wheel: what runs a study is written from the one copy that git keeps."""

import subprocess
import sys
from pathlib import Path

import pytest
from helpers.places import ROOT

from mtdis.cli import main
from mtdis.errors import ArtifactError
from mtdis.operations import workflow_files
from mtdis.study import Study
from mtdis.study.config_files import for_snakemake


def tracked() -> set[str]:
    """The files of git that run a study."""
    words = ["git", "-C", str(ROOT), "ls-files", *workflow_files.PARTS]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    return set(done.stdout.splitlines())


def test_the_files_are_those_that_git_keeps() -> None:
    """So is the wheel's list, which is made of the same function."""
    assert set(workflow_files.names(ROOT)) == tracked()


def test_init_writes_them_and_a_study_can_be_planned_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["init", "mine"]) == 0
    assert "cd mine && snakemake -n --workflow-profile profiles/demo" in capsys.readouterr().out
    mine = tmp_path / "mine"
    written = {p.relative_to(mine).as_posix() for p in mine.rglob("*") if p.is_file()}
    assert written == tracked()
    for name in written:
        assert (mine / name).read_bytes() == (ROOT / name).read_bytes()
        assert (mine / name).stat().st_mode == (ROOT / name).stat().st_mode
    monkeypatch.chdir(mine)
    files = [Path("workflow/configs/demo.yaml")]
    assert Study.from_config(for_snakemake([Path("config.yaml")], files, None)).name == "demo"


def test_what_is_there_is_not_overwritten(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "config.yaml").write_text("name: mine\n")
    assert main(["init", "."]) == 2
    assert "has config.yaml already; nothing was written" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["config.yaml"]
    assert (tmp_path / "config.yaml").read_text() == "name: mine\n"


def test_an_installation_without_them_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(workflow_files, "PACKAGE", tmp_path / "mtdis")
    with pytest.raises(ArtifactError, match=r"has no Snakefile, config\.yaml"):
        workflow_files.root()
    packed = tmp_path / "mtdis" / workflow_files.PACKED
    packed.parent.mkdir()
    workflow_files_of_checkout(packed)
    assert workflow_files.root() == packed, "the wheel's come first"


def workflow_files_of_checkout(packed: Path) -> None:
    for part in workflow_files.PARTS:
        (packed / part).parent.mkdir(parents=True, exist_ok=True)
        (packed / part).symlink_to(ROOT / part)


@pytest.mark.slow
def test_a_wheel_is_built_of_the_package_and_these_files(tmp_path: Path) -> None:
    """Only the build of the package, which decides what a wheel holds; no wheel, no network."""
    words = ["setup.py", "-q", "egg_info", "--egg-base", str(tmp_path), "build_py"]
    words += ["--build-lib", str(tmp_path / "lib")]
    subprocess.run([sys.executable, *words], cwd=ROOT, check=True, capture_output=True)
    built = {p.relative_to(tmp_path / "lib").as_posix() for p in (tmp_path / "lib").rglob("*.*")}
    assert {f"mtdis/_workflow/{name}" for name in tracked() if "." in name} <= built
    words = ["git", "-C", str(ROOT), "ls-files", "mtdis"]
    package = subprocess.run(words, capture_output=True, text=True, check=True).stdout.split()
    assert set(package) <= built
