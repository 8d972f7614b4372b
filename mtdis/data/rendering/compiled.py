"""Compilation of the renderers' loops.

Numba renews a cached function when its own file changes, not when one that it calls from another
file does.
"""

from collections.abc import Callable
from typing import TypeVar

from numba import njit

from mtdis.numba_cache import is_cacheable

Function = TypeVar("Function", bound=Callable[..., object])


def compiled(function: Function) -> Function:
    """Compile on first use, keep the result on disk if there is a place, run without the
    interpreter's lock.

    x/0 is infinite, as in numpy; sums keep their order (no fastmath).
    """
    cache = is_cacheable(function.__code__.co_filename)
    kernel: Function = njit(cache=cache, nogil=True, error_model="numpy")(function)
    return kernel
