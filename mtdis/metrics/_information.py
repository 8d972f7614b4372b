"""Mutual information of codes and factors from counts, the codes cut into bins, as
disentanglement_lib does it.
"""

import numpy as np
import numpy.typing as npt

from mtdis.metrics._sampling import FloatArray, IntArray

ROUNDING = 1e-14
"""What rounding can leave, in nats, of an information of 0."""


def discretise(codes: FloatArray | IntArray, num_bins: int) -> IntArray:
    """Numbers 1..num_bins of the bins of codes, or classes, (n, d).

    Bins have equal width between a column's own minimum and maximum. Edges have the dtype of the
    codes. A range too narrow to be cut into that many bins at that precision counts as constant.
    """
    binned: list[IntArray] = []
    for column in np.ascontiguousarray(codes.T):  # each is read often
        try:
            edges: FloatArray = np.histogram_bin_edges(column, num_bins)
        except ValueError:  # numpy refuses edges that would coincide
            binned.append(np.ones(len(column), np.int64))
        else:  # without the last edge the maximum falls into the last bin
            binned.append(np.digitize(column, edges[:-1]).astype(np.int64))
    return np.stack(binned, axis=1)


def information_matrix(labels: IntArray, factors: IntArray) -> npt.NDArray[np.float64]:
    """Plug-in mutual information in nats (d, K) between discrete labels (n, d) and factors (n,
    K).
    """
    columns, others = np.ascontiguousarray(labels.T), np.ascontiguousarray(factors.T)
    return np.array([[mutual_information(label, factor) for factor in others] for label in columns])


def mutual_information(first: IntArray, second: IntArray) -> float:
    """Plug-in mutual information in nats, ≥ 0, of two columns (n,) of small non-negative
    integers.
    """
    width = int(second.max()) + 1
    counts = np.bincount(first * width + second, minlength=(int(first.max()) + 1) * width)
    joint = counts.reshape(-1, width) / len(first)
    independent = joint.sum(axis=1, keepdims=True) * joint.sum(axis=0, keepdims=True)
    seen = joint > 0
    information = np.sum(joint[seen] * np.log(joint[seen] / independent[seen]))
    return float(information) if information > ROUNDING else 0.0


def entropy(labels: IntArray) -> float:
    """Plug-in entropy in nats of one column (n,) of small non-negative integers."""
    return mutual_information(labels, labels)
