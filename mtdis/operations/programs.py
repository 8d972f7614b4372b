"""Answers of programs of SLURM and of the GPU's driver, which may be absent or hang."""

import subprocess

PATIENCE = 10
"""Seconds that a program may take."""


def answer(*words: str) -> subprocess.CompletedProcess[str] | None:
    """The output of a program; None if it is not there or takes too long."""
    try:
        return subprocess.run(
            words,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=PATIENCE,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
