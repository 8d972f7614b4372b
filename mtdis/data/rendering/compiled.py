"""How the renderers' loops are compiled.

Numba renews a cached function when its own file changes, not when one that it calls from another
file does.
"""

from collections.abc import Callable
from typing import TypeVar

from numba import njit

Function = TypeVar("Function", bound=Callable[..., object])


def compiled(function: Function) -> Function:
    """Compile on first use, keep the result on disk, run without the interpreter's lock.

    X/0 is infinite, as in numpy.

    Keeps the function's type, and the order of its sums (no fastmath).
    """
    kernel: Function = njit(cache=True, nogil=True, error_model="numpy")(function)
    return kernel
