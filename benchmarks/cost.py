"""What a command takes: wall time, CPU time and largest memory of it and its children, whatever
process asks.

Linux lets a new process inherit the largest memory of the one that started it: started from a large
process, a small command seems large. So a small process of its own, this file, starts the command
and looks at what it took.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from shlex import join

UNIT = 2**20 if sys.platform == "darwin" else 1024
"""Of getrusage's memory, in a MiB."""
KEPT = 3000
"""Characters of a failed command's output that are shown."""


@dataclass(frozen=True)
class Cost:
    """What a command took, and what it printed."""

    seconds: float
    cpu_seconds: float
    mebibytes: float
    output: str

    def __str__(self) -> str:
        return f"{self.seconds:.2f} s ({self.cpu_seconds:.2f}), {self.mebibytes:.0f} MiB"


def cost(folder: Path, words: Sequence[str], environment: Mapping[str, str]) -> Cost:
    """Run a command in a folder with more environment variables than ours.

    RuntimeError with its output if it fails.

    The memory is that of the largest of its processes, in MiB.
    """
    with tempfile.NamedTemporaryFile("w+") as record, tempfile.TemporaryFile("w+") as output:
        watcher = [sys.executable, "-I", "-S", __file__, record.name, *words]
        status = subprocess.call(
            watcher,
            cwd=folder,
            env={**os.environ, **environment},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        output.seek(0)
        text = output.read()
        if status:
            raise RuntimeError(f"{join(words)} in {folder}: status {status}\n{text[-KEPT:]}")
        return Cost(**json.load(record), output=text)


def watch(record: Path, words: Sequence[str]) -> int:
    """Run a command and write what it took; its status."""
    start = time.perf_counter()
    status = subprocess.call(words)
    seconds = time.perf_counter() - start
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    taken = {"cpu_seconds": usage.ru_utime + usage.ru_stime, "mebibytes": usage.ru_maxrss / UNIT}
    record.write_text(json.dumps({"seconds": seconds} | taken), encoding="utf-8")
    return status if status >= 0 else 128 - status


if __name__ == "__main__":
    sys.exit(watch(Path(sys.argv[1]), sys.argv[2:]))
