"""`mtdis doctor --submit` by the default profile: its job really runs, and leaves its log alone."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from helpers.places import ROOT


@pytest.mark.slow
def test_a_job_goes_through_the_default_profile(tmp_path: Path) -> None:
    tools = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    words = ["doctor", "--submit", "--json", "--profile", "profiles/default"]
    done = subprocess.run(
        [str(Path(sys.executable).with_name("mtdis")), *words],
        cwd=tmp_path,
        env=os.environ | {"PATH": tools, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    found = {one["thing"]: one for one in json.loads(done.stdout)}
    assert {found[name]["standing"] for name in ("job", "mtdis of the job")} == {"ok"}
    assert found["python of the job"]["found"].endswith(sys.executable)
    assert sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*")) == [
        "logs",
        "logs/doctor.log",
    ]
