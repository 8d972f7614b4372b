"""Snakemake that looks after the jobs of the SLURM plugin every two seconds: driver.py WORDS OF
SNAKEMAKE ...

The plugin itself waits ten seconds longer each time that no job has ended, at most three minutes:
polite, but slow.
"""

import asyncio
import sys

from snakemake.cli import main
from snakemake_interface_executor_plugins.executors.remote import RemoteExecutor


async def nap(self: RemoteExecutor) -> None:
    """Wait until the next look."""
    await asyncio.sleep(2)


RemoteExecutor.sleep = nap
main(sys.argv[1:])
