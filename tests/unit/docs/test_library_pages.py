"""docs/python_api.md and docs/your_encoder.md: every block runs, from top to bottom."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from helpers.places import ROOT

BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.mark.slow
@pytest.mark.parametrize("page", ["python_api", "your_encoder"])
def test_every_block_of_the_page_runs(page: str, capsys: pytest.CaptureFixture[str]) -> None:
    """In one process, in a folder of its own; a block that fails is named by its first line."""
    blocks = BLOCK.findall((ROOT / f"docs/{page}.md").read_text("utf-8"))
    assert {language for language, _ in blocks} == {"python", "bash"}
    shared: dict[str, Any] = {}
    for language, source in blocks:
        if language == "python":
            exec(compile(source, source.split("\n", 1)[0], "exec"), shared)
        else:
            shell(source)
    assert "discrete_mig" in capsys.readouterr().out


def shell(source: str) -> None:
    beside = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = os.environ | {"PATH": beside, "PYTHONPATH": str(ROOT)}
    words = ["bash", "-euo", "pipefail", "-c", source]
    done = subprocess.run(words, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
