"""The choice of one of a machine's GPUs per process, by a lock that ends with the process.

Snakemake counts a machine's GPUs but hands out none; without this, all jobs would train on the
first.
"""

import os
import sys
from collections.abc import Mapping, MutableMapping, Sequence
from itertools import takewhile
from pathlib import Path
from stat import S_ISDIR

from mtdis.artifacts.locks import lock_until_exit

DEVICES = Path("/dev")
LOCKS = Path(f"/tmp/mtdis-gpus-{os.getuid()}")
"""The user's folder of locks. Not in TMPDIR: each of the processes must find the same."""
VISIBLE = "CUDA_VISIBLE_DEVICES"
NO_GPU = ("", "-1", "NoDevFiles")
"""Names by which CUDA_VISIBLE_DEVICES says that there is none."""


def visible(variables: Mapping[str, str] = os.environ, folder: Path = DEVICES) -> list[str]:
    """The GPUs that this process may use: those that CUDA_VISIBLE_DEVICES lists, or else all of the
    machine, 0, 1, …

    CUDA reads its list up to the first name that is none.
    """
    if VISIBLE in variables:
        return list(
            takewhile(
                lambda name: name not in NO_GPU, map(str.strip, variables[VISIBLE].split(","))
            )
        )
    return [str(number) for number in range(len(list(folder.glob("nvidia[0-9]*"))))]


def choose_gpu(
    variables: MutableMapping[str, str] = os.environ, folder: Path = DEVICES, locks: Path = LOCKS
) -> None:
    """Show CUDA only one of several GPUs: one that no other process of this user has chosen, if
    there is one.

    To be called before CUDA starts. A single GPU stays visible; so do all in a job of SLURM that
    lists none, for the device files are the node's. The numbers that it lists may be the job's own:
    so are the locks.
    """
    gpus, job = visible(variables, folder), variables.get("SLURM_JOB_ID")
    if len(gpus) < 2 or (job and VISIBLE not in variables):
        return
    chosen = lock_one(gpus, locks.with_name(f"{locks.name}-{job}") if job else locks)
    if chosen is None:
        chosen = gpus[os.getpid() % len(gpus)]
        print(
            f"each of the {len(gpus)} GPUs is taken by another process; sharing GPU {chosen}",
            file=sys.stderr,
        )
    if VISIBLE not in variables:
        variables["CUDA_DEVICE_ORDER"] = (
            "PCI_BUS_ID"  # the same number is the same GPU in each process
        )
    variables[VISIBLE] = chosen


def lock_one(gpus: Sequence[str], locks: Path) -> str | None:
    """Lock the first GPU whose lock is free until this process ends; None if none is, or if the
    folder of the locks is not this user's own.
    """
    try:
        locks.mkdir(mode=0o700, exist_ok=True)
    except OSError:
        return None
    about = locks.lstat()
    if not S_ISDIR(about.st_mode) or about.st_uid != os.getuid():
        return None
    return next((gpu for gpu in gpus if lock_until_exit(locks / gpu)), None)
