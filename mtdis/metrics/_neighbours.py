"""Mutual information of continuous codes and factors from nearest neighbours, by the estimator of
Ross (2014, doi 10.1371/journal.pone.0087357) as scikit-learn's `mutual_info_classif` has it.

Of one code alone neighbours are found by sorting: 0.1 s for 10,000 rows of 8 codes and 5 factors.
"""

import numpy as np
import numpy.typing as npt

from mtdis.metrics._sampling import FloatArray, IntArray

Floats = npt.NDArray[np.float64]

NOISE = 1e-10
"""Deviation of what is added to the codes, over their own or their mean size: there are no ties."""


def information_matrix(
    codes: FloatArray, factors: IntArray, neighbours: int, rng: np.random.RandomState
) -> Floats:
    """Mutual information in nats (d, K), ≥ 0, between codes (n, d) and factors (n, K).

    Images drawn twice are neighbours at no distance, so that a table of few rows has too much of
    it.
    """
    columns = _without_ties(codes, rng).T
    return np.array(
        [[mutual_information(code, factor, neighbours) for factor in factors.T] for code in columns]
    )


def mutual_information(code: Floats, labels: IntArray, neighbours: int) -> float:
    """Information in nats, ≥ 0, of a code (n,) without ties and classes (n,).

    Rows of classes that have no other row are left out; 0 if that is all of them.
    """
    from scipy.special import digamma  # a third of a second to import

    counts = np.bincount(labels)
    kept = counts[labels] > 1
    if not kept.any():
        return 0.0
    code, labels = code[kept], labels[kept]
    order = np.lexsort((code, labels))
    groups = np.split(code[order], np.cumsum(counts[counts > 1])[:-1])
    ks = [min(neighbours, len(group) - 1) for group in groups]
    radii = [_distances(group, k) for group, k in zip(groups, ks, strict=True)]
    sizes = np.array([len(group) for group in groups])
    around = _closer(np.sort(code), code[order], np.concatenate(radii))
    within = (digamma(ks) - digamma(sizes)) @ sizes / len(code)
    return max(float(digamma(len(code)) + within - np.mean(digamma(around))), 0.0)


def _without_ties(codes: FloatArray, rng: np.random.RandomState) -> Floats:
    """Codes (n, d) over their deviation, with the noise that scikit-learn adds."""
    wide = codes.astype(np.float64)
    deviation = wide.std(axis=0)
    scaled = wide / np.where(deviation > 0, deviation, 1.0)
    size = np.maximum(np.abs(scaled).mean(axis=0), 1.0)
    return np.asarray(scaled + NOISE * size * rng.standard_normal(scaled.shape))


def _distances(values: Floats, k: int) -> Floats:
    """How far the k-th nearest other of sorted values (n > k,) is from each, (n,).

    It bounds the narrowest of the k + 1 windows of k + 1 successive values that hold the value.
    """
    ends = np.full(k, np.inf)
    padded, n = np.concatenate([-ends, values, ends]), len(values)
    nearest = np.full(n, np.inf)
    for first in range(k + 1):
        below, above = padded[first : first + n], padded[first + k : first + k + n]
        np.minimum(nearest, np.maximum(values - below, above - values), out=nearest)
    return nearest


def _closer(ordered: Floats, points: Floats, radii: Floats) -> IntArray:
    """How many of ordered values (n,) are closer to points (n,) among them than their radius, (n,),
    with the points themselves.
    """
    first = np.searchsorted(ordered, points - radii, "left")
    last = np.searchsorted(ordered, points + radii, "right") - 1
    # the neighbour at the very distance doesn't count, however its sum is rounded
    first += points - ordered[first] >= radii
    last -= ordered[last] - points >= radii
    return np.asarray(np.maximum(last - first + 1, 1))
