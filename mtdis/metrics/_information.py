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
    widths = factors.max(axis=0) + 1
    bounds = np.cumsum(np.append(0, widths))
    others = factors + bounds[:-1]  # classes of all factors, counted at once
    rows = []
    for label in np.ascontiguousarray(labels.T):
        height = int(label.max()) + 1
        cells = others + (label * bounds[-1])[:, None]
        counts = np.bincount(cells.ravel(), minlength=height * bounds[-1]).reshape(height, -1)
        tables = np.split(counts, bounds[1:-1], axis=1)
        rows.append([_information(np.ascontiguousarray(table), len(label)) for table in tables])
    return np.array(rows)


def mutual_information(first: IntArray, second: IntArray) -> float:
    """Plug-in mutual information in nats, ≥ 0, of two columns (n,) of small non-negative
    integers.
    """
    return float(information_matrix(first[:, None], second[:, None])[0, 0])


def _information(counts: IntArray, total: int) -> float:
    """Mutual information in nats of a table of counts that add up to the total."""
    joint = counts / total
    independent = joint.sum(axis=1, keepdims=True) * joint.sum(axis=0, keepdims=True)
    seen = joint > 0
    information = np.sum(joint[seen] * np.log(joint[seen] / independent[seen]))
    return float(information) if information > ROUNDING else 0.0


def entropy(labels: IntArray) -> float:
    """Plug-in entropy in nats of one column (n,) of small non-negative integers."""
    return mutual_information(labels, labels)
