"""Complete grids of classes."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def grid(sizes: Sequence[int]) -> NDArray[np.int64]:
    """Classes (N, K) of the complete grid of factors of these sizes, in C order."""
    return np.indices(tuple(sizes)).reshape(len(sizes), -1).T
