"""What a job sees, as JSON: host, Python, mtdis, GPUs, memory, and its times by SLURM.

Run by path with any Python, so that it imports nothing of mtdis: whether that can be is a question
which it answers.
"""

import json
import os
import platform
import shutil
import subprocess
import sys
import time
from datetime import datetime
from pathlib import Path
from typing import Any

PATIENCE = 120
"""Seconds that mtdis may take to start; network file systems are slow the first time."""
CONTROLS = Path("/sys/fs/cgroup")
UNLIMITED = 2**60
"""What cgroups of version 1 say above this is no limit."""


def seen() -> dict[str, Any]:
    """What is here."""
    return {
        "host": platform.node(),
        "python": platform.python_version(),
        "executable": sys.executable,
        "mtdis": shutil.which("mtdis"),
        "path": os.environ.get("PATH", ""),
        "doctor": _doctor(),
        "gpus": os.environ.get("CUDA_VISIBLE_DEVICES"),
        "memory_mib": memory_mib(),
        "slurm": _times(os.environ.get("SLURM_JOB_ID")),
    }


def memory_mib(groups: Path = Path("/proc/self/cgroup"), controls: Path = CONTROLS) -> int | None:
    """The least memory limit of this process's control groups in MiB; None if there is none."""
    limits = []
    for line in groups.read_text(encoding="utf-8").splitlines() if groups.exists() else ():
        _, kinds, name = line.split(":", 2)
        if kinds and "memory" not in kinds.split(","):
            continue
        root, file = (
            (controls / "memory", "memory.limit_in_bytes") if kinds else (controls, "memory.max")
        )
        own = root / name.lstrip("/")
        limits += [
            _limit(folder / file) for folder in (own, *own.parents) if root in folder.parents
        ]
        limits.append(_limit(root / file))
    found = [limit for limit in limits if limit is not None]
    return min(found) // 2**20 if found else None


def _limit(file: Path) -> int | None:
    try:
        said = file.read_text(encoding="utf-8").strip()
    except OSError:
        return None
    return int(said) if said.isdigit() and int(said) < UNLIMITED else None


def _doctor() -> dict[str, Any]:
    """What mtdis finds here: its status, findings as JSON, and complaints."""
    try:
        done = subprocess.run(
            ["mtdis", "doctor", "--json"],
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=PATIENCE,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return {"status": None, "findings": [], "said": str(error)}
    findings = json.loads(done.stdout) if done.stdout.startswith("[") else []
    return {"status": done.returncode, "findings": findings, "said": done.stderr}


def _times(job: str | None) -> dict[str, Any] | None:
    """Seconds that this job of SLURM waited and has run so far; None if it isn't one."""
    if not job:
        return None
    try:
        words = ["scontrol", "--oneliner", "show", "job", job]
        said = subprocess.run(words, capture_output=True, encoding="utf-8", timeout=30, check=True)
        fields = dict(word.split("=", 1) for word in said.stdout.split() if "=" in word)
        submitted, began = (
            datetime.fromisoformat(fields[key]).timestamp() for key in ("SubmitTime", "StartTime")
        )
    except (OSError, subprocess.SubprocessError, KeyError, ValueError):
        return {"job": job}
    return {"job": job, "queued": began - submitted, "ran": time.time() - began}


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(json.dumps(seen(), indent=1) + "\n", encoding="utf-8")
