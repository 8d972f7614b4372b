"""Several networks against the rotations of their own codes: one test of all of them."""

import numpy as np
from numpy.typing import NDArray

from mtdis.reporting.statistics.resampling import Table


def within_networks(scores: Table) -> Table:
    """The scores (networks × rotations, the first being the code as it is) as deviations from their
    network's mean, in its standard deviations over all rotations.
    """
    centred = scores - scores.mean(axis=1, keepdims=True)
    spread = centred.std(axis=1, keepdims=True)
    scaled: Table = centred / np.where(spread > 0, spread, 1.0)
    return scaled


def mean_deviations(scores: Table, seeds: NDArray[np.int64]) -> Table:
    """S_k: the mean over seeds of the deviations of their networks, a value per rotation.

    The first is of the codes as they are; that any is as likely to be the largest is exact for
    independent networks of one per seed. Networks of a seed share their initial encoder and are
    averaged first: then it is approximate.
    """
    deviations = within_networks(scores)
    of_seeds = np.array([deviations[seeds == seed].mean(axis=0) for seed in np.unique(seeds)])
    means: Table = of_seeds.mean(axis=0)
    return means
