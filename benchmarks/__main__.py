"""One table of what was made fast, each side run here and now: python -m benchmarks [NAME ...]

Nothing is asserted: a table is a measurement of one machine at one time.
"""

import argparse
import os
import platform
from datetime import date
from importlib import import_module
from pathlib import Path

from benchmarks.table import HEAD


def names() -> list[str]:
    """The modules here that measure something."""
    return sorted(
        p.stem for p in Path(__file__).parent.glob("[a-z]*.py") if "def measure(" in p.read_text()
    )


def by_default() -> list[str]:
    """Those that every machine can run: without the ones that say `ON_REQUEST = True`."""
    return [
        n
        for n in names()
        if "\nON_REQUEST = True" not in Path(__file__).with_name(f"{n}.py").read_text()
    ]


def machine() -> str:
    """Processor, cores that this process may use, and the system."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{models[0] if models else platform.machine()}, {cores} cores, {platform.system()}"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "name",
        nargs="*",
        metavar="NAME",
        help=f"of {', '.join(names())}; by default {', '.join(by_default())}",
    )
    chosen = parser.parse_args().name or by_default()
    if unknown := sorted(set(chosen) - set(names())):
        parser.error(f"there is no benchmark {', '.join(unknown)}; there are {', '.join(names())}")
    print(
        f"{date.today()}, {machine()}. Smallest–largest of the repeats, higher is better; ratio of"
        " the bests"
    )
    print(
        f"(our worst over their best – our best over their worst) and its goal.\n\n{HEAD}",
        flush=True,
    )
    for name in chosen:
        for row in import_module(f"benchmarks.{name}").measure():
            print(row, flush=True)


if __name__ == "__main__":
    main()
