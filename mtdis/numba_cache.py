"""The folder where numba keeps what it compiles: beside the source, in the user's cache, or, where
neither can be written (as in a container), in a temporary folder; numba itself refuses to go
without.

The temporary folder is the process's own: what lies in a cache is loaded as code, so that one in a
place that others know would not do.
"""

import os
import shutil
import sys
from atexit import register
from functools import cache
from pathlib import Path
from tempfile import TemporaryFile, mkdtemp

VARIABLE = "NUMBA_CACHE_DIR"


@cache
def is_cacheable(source: str) -> bool:
    """True if what this file has compiled can be cached, in a temporary folder if need be."""
    return lasting_place(Path(source).parent) is not None or _temporary()


def lasting_place(folder: Path) -> Path | None:
    """The folder in which numba keeps what the sources in this one have compiled; None if there is
    none that can be written.
    """
    users = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    places = (os.environ.get(VARIABLE), folder / "__pycache__", Path(users, "numba"))
    return next((p for place in places if place and (p := _written(Path(place)))), None)


def _written(place: Path) -> Path | None:
    try:
        place = place.expanduser()
        place.mkdir(parents=True, exist_ok=True)
        TemporaryFile(dir=place).close()
    except (OSError, RuntimeError):  # RuntimeError: there is no home
        return None
    return place


@cache
def _temporary() -> bool:
    """Give this process and those it starts a temporary cache; True if there is a place for one."""
    try:
        folder = mkdtemp(prefix="mtdis-numba-")
    except OSError:
        return False
    register(shutil.rmtree, folder, ignore_errors=True)
    os.environ[VARIABLE] = folder
    if numba := sys.modules.get("numba"):  # it has read the variable already
        numba.config.CACHE_DIR = folder
    return True
