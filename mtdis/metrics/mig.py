"""Mutual information gap (Chen et al. 2018, arXiv 1802.04942, eq. 6), as disentanglement_lib computes it.

Two divergences from the paper are the library's: codes are cut into equal-width bins, and the entropy that
normalises a factor's gap is the one of the drawn sample.
"""

import numpy as np
import numpy.typing as npt

from mtdis.sampling import Classes, FloatArray, IntArray, code_table, require_at_least

KEYS = ("discrete_mig",)
INVARIANCES = frozenset({"permutation", "sign", "scale"})


def score(
    codes: FloatArray,
    factors: Classes,
    *,
    seed: int = 0,
    num_train: int = 10_000,
    num_bins: int = 20,
    batch_size: int = 16,
) -> dict[str, float]:
    """MIG of codes (N, d) for factors (N, K), in [0, 1].

    It is the share of a factor's entropy that its best code holds beyond the second best. A constant code
    carries no information, so constant codes score 0. Raises ValueError for fewer than two codes, for inputs
    that `code_table` refuses, and when the draw holds a single class of a factor. Source: disentanglement_lib
    86a644d, `evaluation/metrics/mig.py`; defaults of its unsupervised study (Locatello et al. 2019).
    """
    require_at_least(1, num_train=num_train, num_bins=num_bins, batch_size=batch_size)
    table = code_table(codes, factors, min_codes=2)
    train_codes, train_factors = table.varied_sample(np.random.RandomState(seed), num_train, batch_size)
    information = information_matrix(discretise(train_codes, num_bins), train_factors)
    entropies = np.array([entropy(column) for column in train_factors.T])
    return {"discrete_mig": gap(information, entropies)}


def gap(information: npt.NDArray[np.float64], entropies: npt.NDArray[np.float64]) -> float:
    """Mean over factors of (largest − second-largest information (d, K) of a code) / entropy (K,)."""
    second, first = np.sort(information, axis=0)[-2:]
    return float(np.mean((first - second) / entropies))


def discretise(codes: FloatArray, num_bins: int) -> IntArray:
    """Bin number 1..num_bins of every code (n, d).

    Bins have equal width between a column's own minimum and maximum. Edges have the dtype of the codes. A
    range too narrow to be cut into that many bins at that precision counts as constant.
    """
    return np.stack([_bins(column, num_bins) for column in codes.T], axis=1)


def information_matrix(labels: IntArray, factors: IntArray) -> npt.NDArray[np.float64]:
    """Plug-in mutual information in nats (d, K) between discrete labels (n, d) and factors (n, K)."""
    return np.array([[mutual_information(label, factor) for factor in factors.T] for label in labels.T])


def mutual_information(first: IntArray, second: IntArray) -> float:
    """Plug-in mutual information in nats, ≥ 0, of two columns (n,) of small non-negative integers."""
    width = int(second.max()) + 1
    counts = np.bincount(first * width + second, minlength=(int(first.max()) + 1) * width)
    joint = counts.reshape(-1, width) / len(first)
    independent = joint.sum(axis=1, keepdims=True) * joint.sum(axis=0, keepdims=True)
    seen = joint > 0
    information = np.sum(joint[seen] * np.log(joint[seen] / independent[seen]))
    return max(float(information), 0.0)  # rounding can leave −1e-17


def entropy(labels: IntArray) -> float:
    """Plug-in entropy in nats of one column (n,) of small non-negative integers."""
    return mutual_information(labels, labels)


def _bins(column: FloatArray, num_bins: int) -> IntArray:
    try:
        edges: FloatArray = np.histogram_bin_edges(column, num_bins)
    except ValueError:  # numpy refuses edges that would coincide
        return np.ones(len(column), np.int64)
    # without the last edge the maximum falls into the last bin
    return np.digitize(column, edges[:-1]).astype(np.int64)
