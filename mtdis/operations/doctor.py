"""Checks of what a study needs of a machine: versions, GPUs, SLURM, folders and disk.

torch is not imported: its version stands in the package's metadata, its CUDA in a file of the
package.
"""

import os
import platform
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from ctypes.util import find_library
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from subprocess import CompletedProcess

from mtdis import kernels
from mtdis.errors import ConfigError
from mtdis.numba_cache import VARIABLE, lasting_place
from mtdis.operations import inventory
from mtdis.operations.mixed_kernels import in_words, mixed_kernels
from mtdis.operations.programs import answer
from mtdis.study import Study

GOOD, NOTE, BAD = "ok", "note", "BAD"
PYTHON, SNAKEMAKE, PLUGIN = (3, 11), (9, 23), (2, 8)
"""The oldest versions that are known to do."""
MIN_JOB_AGE = 120
"""Seconds that slurmctld must remember a job that has ended, for squeue to tell how it ended: three
times 40.
"""
LOW_DISK = 5 * 2**30
PACKAGE = Path(__file__).parents[1]
FOLDERS = (".", ".snakemake", "data", "logs", "results")


@dataclass(frozen=True)
class Finding:
    """One thing that was checked: its standing, what was found, and the fix if that is not good."""

    thing: str
    standing: str
    found: str
    fix: str = ""


def findings(folder: Path) -> Iterator[Finding]:
    """Check everything that a study in this folder depends on."""
    yield _python()
    yield from _torch()
    yield _kernels()
    yield _package("snakemake", SNAKEMAKE, BAD, "pip install -r envs/lock.txt -e .")
    has_slurm = shutil.which("sbatch") is not None
    yield _package(
        "snakemake-executor-plugin-slurm",
        PLUGIN,
        BAD if has_slurm else NOTE,
        "pip install -e '.[slurm]'",
    )
    yield from (
        _slurm()
        if has_slurm
        else [Finding("slurm", GOOD, "no sbatch here: trainings run on this machine")]
    )
    yield from (_writable(folder / name) for name in FOLDERS)
    yield _disk(folder)
    yield _lock(folder)
    yield _numba_cache()


def study_findings(read: Callable[[], Study | None], folder: Path) -> Iterator[Finding]:
    """Check that the config makes a study, read by a function that gives None without one, and
    that its results in the folder were computed by one kind of kernels.
    """
    try:
        study = read()
    except ConfigError as error:
        fix = "mend the config; `mtdis plan` says all that is wrong"
        yield Finding("config", BAD, str(error).splitlines()[0], fix)
        return
    if study is None:
        yield Finding("config", NOTE, "no config.yaml here", "run in the folder that holds it")
        return
    yield Finding("config", GOOD, f"study {study.name}: {len(study.runs):,} runs")
    runs, stages = inventory.runs(study, folder), inventory.stages(study, folder)
    scores = inventory.scores(study, folder, runs).finished
    if mixed := in_words(mixed_kernels([*runs.values(), *stages.values()], scores)):
        fix = f"set {kernels.SETTING}={kernels.AVX2} from now on, see docs/same-bytes.md"
        yield Finding("kernels of results", NOTE, f"mixed: {mixed}", fix)


def _kernels() -> Finding:
    asked = os.environ.get(kernels.SETTING) or kernels.NATIVE
    best = kernels.onednn_level()
    said = f"{kernels.processor()}{best and f', {best}'}; {kernels.SETTING}: {asked}"
    return Finding("processor", GOOD, said)


def _python() -> Finding:
    good = sys.version_info >= PYTHON
    fix = "" if good else f"use Python {PYTHON[0]}.{PYTHON[1]} or newer"
    return Finding(
        "python", GOOD if good else BAD, f"{platform.python_version()}, {sys.executable}", fix
    )


def _package(name: str, oldest: tuple[int, int], if_not: str, fix: str) -> Finding:
    """Check that a package is installed and not older than what is needed."""
    found = _version(name)
    numbers = tuple(int(part) for part in re.findall(r"\d+", found)[:2])
    if numbers >= oldest:
        return Finding(name, GOOD, found)
    needed = f"{oldest[0]}.{oldest[1]} or newer is needed"
    return Finding(name, if_not, f"{found or 'not installed'}; {needed}", fix)


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def _torch() -> Iterator[Finding]:
    found, cuda, gpus = _version("torch"), torch_cuda(), gpu_names()
    if not found:
        yield Finding("torch", BAD, "not installed", "pip install -r envs/lock.txt -e .")
        return
    yield Finding("torch", GOOD, f"{found}, {f'for CUDA {cuda}' if cuda else 'for the CPU only'}")
    if gpus and not cuda:
        yield Finding(
            "gpu",
            BAD,
            f"{', '.join(gpus)}, which this torch can't use",
            "install a CUDA build of torch",
        )
    elif gpus:
        yield Finding("gpu", GOOD, ", ".join(gpus))
    else:
        yield Finding(
            "gpu", GOOD, "none here: trainings run on the CPU, or on the nodes of a cluster"
        )


def torch_cuda() -> str:
    """The CUDA version that the installed torch was built for, read from its files.

    Empty for a CPU build.
    """
    spec = find_spec("torch")
    source = Path(spec.origin).with_name("version.py") if spec and spec.origin else None
    if source is None or not source.exists():
        return ""
    said = re.search(
        r"^cuda\b[^=]*=\s*['\"]([^'\"]+)['\"]", source.read_text(encoding="utf-8"), re.MULTILINE
    )
    return said[1] if said else ""


def gpu_names() -> list[str]:
    """The names of the GPUs, by the driver; 'a GPU of unknown name' if it can't be asked."""
    said = answer("nvidia-smi", "--query-gpu=name", "--format=csv,noheader")
    if said is not None and said.returncode == 0:
        return (
            said.stdout.split("\n")[:-1] if said.stdout.endswith("\n") else said.stdout.splitlines()
        )
    devices = list(Path("/dev").glob("nvidia[0-9]*"))
    return ["a GPU of unknown name"] if devices and find_library("cuda") else []


def _slurm() -> Iterator[Finding]:
    partitions = answer("sinfo", "--noheader", "--format=%P %a %D %l %G")
    if partitions is None or partitions.returncode:
        yield Finding(
            "slurm",
            BAD,
            _why(partitions),
            "see that slurmctld runs and this machine is of its cluster",
        )
        return
    yield from map(_partition, partitions.stdout.splitlines())
    accounted = _accounting()
    yield accounted
    yield _memory_of_jobs(accounted.standing == GOOD)


def _partition(line: str) -> Finding:
    name, state, nodes, limit, gres = (line.split(None, 4) + [""] * 5)[:5]
    said = (
        f"{state}, {nodes} nodes, time limit {limit}, GPUs"
        f" {'none' if gres in ('', '(null)') else gres}"
    )
    fix = "" if state == "up" else "choose another partition in profiles/slurm"
    return Finding(f"partition {name}", GOOD if state == "up" else NOTE, said, fix)


def _accounting() -> Finding:
    said = answer("sacct", "--noheader", "--allocations", "--starttime=now-1hour")
    if said is not None and said.returncode == 0 and "disabled" not in said.stderr:
        return Finding("sacct", GOOD, "answers: jobs are followed by the accounting")
    return Finding("sacct", NOTE, _why(said), "keep `status: squeue` in profiles/slurm")


def _why(said: CompletedProcess[str] | None) -> str:
    """The first line of what a program that failed complains of."""
    if said is None:
        return "no answer"
    return next(iter(said.stderr.strip().splitlines()), f"exit status {said.returncode}")


def _memory_of_jobs(accounted: bool) -> Finding:
    said = answer("scontrol", "show", "config")
    found = re.search(r"^MinJobAge\s*=\s*(\d+)", said.stdout, re.MULTILINE) if said else None
    if not found:
        return Finding(
            "MinJobAge",
            NOTE,
            "scontrol does not tell",
            "ask the cluster's staff if squeue is to be used",
        )
    seconds = int(found[1])
    if seconds >= MIN_JOB_AGE:
        return Finding("MinJobAge", GOOD, f"{seconds} s")
    if accounted:
        short = f"{seconds} s: too short for squeue, which the profile asks unless told otherwise"
        return Finding("MinJobAge", NOTE, short, "set `status: sacct` in profiles/slurm")
    fix = (
        f"ask for MinJobAge={MIN_JOB_AGE} or more in slurm.conf: without sacct, jobs that ended"
        " would be lost"
    )
    return Finding("MinJobAge", BAD, f"{seconds} s", fix)


def _writable(path: Path) -> Finding:
    there = next(p for p in (path, *path.resolve().parents) if p.exists())
    name = f"folder {path}" if str(path) != "." else f"folder {path.resolve()}"
    if os.access(there, os.W_OK | os.X_OK):
        return Finding(name, GOOD, "writable" if there == path else "will be made")
    return Finding(
        name,
        BAD,
        f"{there.resolve()} can't be written",
        "run in a folder of your own, or ask for the right",
    )


def _disk(folder: Path) -> Finding:
    place = folder / "results" if (folder / "results").exists() else folder
    free = shutil.disk_usage(place).free
    said = f"{free / 2**30:,.1f} GiB free in {place.resolve()}"
    if free >= LOW_DISK:
        return Finding("disk", GOOD, said)
    return Finding(
        "disk",
        BAD,
        said,
        "free some, e.g. by `mtdis prune`; `mtdis plan --hours` says how much is needed",
    )


def _numba_cache() -> Finding:
    place = lasting_place(PACKAGE / "metrics/_estimators")
    if place:
        return Finding("numba cache", GOOD, str(place))
    return Finding(
        "numba cache",
        NOTE,
        "neither the package's folder nor the home can be written: each process compiles anew",
        f"set {VARIABLE} to a folder of your own that can be written",
    )


def _lock(folder: Path) -> Finding:
    held = any((folder / ".snakemake/locks").glob("*"))
    if not held:
        return Finding("lock", GOOD, "no snakemake works here")
    return Finding(
        "lock", NOTE, "snakemake works here, or was killed", "if none runs: snakemake --unlock"
    )
