"""Provenance of a result: commit, versions, device, kernels, seconds, memory.

Never part of an id.
"""

import platform
import re
import resource
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from mtdis import kernels, program

PACKAGES = ("mtdis", "torch", "numpy", "scikit-learn", "h5py")
STATUS = Path("/proc/self/status")


def execution(device: str, seconds: float) -> dict[str, Any]:
    """The `execution` part of a record; `program` is the hash of the frozen copy that ran."""
    return {
        "commit": program.commit(),
        "device": device,
        "kernels": kernels.in_force(device),
        "machine": f"{platform.system()} {platform.machine()}",
        "peak_memory_mib": round(peak_memory(), 1),
        "processor": kernels.processor(),
        "python": platform.python_version(),
        "seconds": round(seconds, 3),
        "versions": {name: found for name in PACKAGES if (found := _version(name))},
        **({"program": found} if (found := program.frozen()) else {}),
    } | gpu_memory()


def peak_memory() -> float:
    """The most memory that this process has had, in MiB.

    On Linux not by getrusage, which begins with the number of the process that started this one.
    """
    if STATUS.exists() and (
        found := re.search(r"^VmHWM:\s*(\d+) kB$", STATUS.read_text(), re.MULTILINE)
    ):
        return int(found[1]) / 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if sys.platform == "darwin" else 1024)


def gpu_memory() -> dict[str, float]:
    """Peak GPU memory in MiB, where torch is loaded and a GPU was used."""
    torch = sys.modules.get("torch")
    if torch is None or not torch.cuda.is_available():
        return {}
    return {"peak_gpu_memory_mib": round(torch.cuda.max_memory_allocated() / 2**20, 1)}


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""
