"""Named streams of randomness: each consumer draws from its own generator, derived from (seed,
stream name).
"""

from hashlib import sha256

import numpy as np


def stream_seed(seed: int, *names: str | int) -> int:
    """A seed below 2**63 (torch takes signed ones) for one named stream."""
    text = "/".join([str(seed), *map(str, names)])
    return int.from_bytes(sha256(text.encode()).digest()[:8], "little") >> 1


def generator(seed: int, *names: str | int) -> np.random.Generator:
    """A numpy generator for one named stream."""
    return np.random.Generator(np.random.PCG64(stream_seed(seed, *names)))
