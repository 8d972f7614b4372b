"""A folder that several people share: files follow the umask, and its readers see the study."""

import json
import os
import stat
import subprocess
import sys
from pathlib import Path
from shutil import copytree
from tempfile import TemporaryDirectory

import pytest

from mtdis import program

from .conftest import ROOT, UMASK

AS_ANOTHER = """
import os, sys
from mtdis.cli import main
group, *words = sys.argv[1:]
assert main(words) == 0  # so that what this user may not import is loaded
print()
os.setgroups([])
os.setegid(int(group))
os.seteuid(65534)
sys.exit(main(words))
"""


def test_every_file_of_a_study_follows_the_umask(finished_once: Path) -> None:
    """Those that snakemake keeps for itself apart: it gives them other permissions."""
    places = [finished_once / name for name in ("data", "logs", "results", program.FOLDER)]
    found = [path for place in places for path in (place, *place.rglob("*"))]
    ours = {path: stat.S_IMODE(path.stat().st_mode) for path in found}
    files = {
        p.name: oct(mode) for p, mode in ours.items() if p.is_file() and mode != 0o666 & ~UMASK
    }
    folders = {
        p.name: oct(mode) for p, mode in ours.items() if p.is_dir() and mode != 0o777 & ~UMASK
    }
    assert (files, folders) == ({}, {})
    assert {"weights.safetensors", "run.json", "study.json", "program.json"} <= {
        p.name for p in ours
    }


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become another user")
@pytest.mark.parametrize("words", [["status"], ["plan"], ["show", "multi_head"]])
def test_another_user_of_the_group_sees_what_the_owner_sees(
    words: list[str], finished_once: Path
) -> None:
    with TemporaryDirectory() as place:  # pytest's own folders are closed to others
        Path(place).chmod(0o755)
        folder = copytree(finished_once, Path(place, "study"))
        folder.chmod(0o777 & ~UMASK)
        command = [sys.executable, "-c", AS_ANOTHER, str(folder.stat().st_gid), *words, "--json"]
        environment = os.environ | {"PYTHONPATH": str(ROOT)}
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        own, _, others = done.stdout.partition("\n\n{")
        assert json.loads(own) == json.loads("{" + others)
