"""Separated attribute predictability as the paper's Appendix B.3 describes it, which is not what
was run (see `sap`).

Factors are classes, so the appendix's categorical branch holds: each pair of a code and a factor is
rated by the balanced accuracy of a decision tree, and not by the accuracy of a linear machine. The
text has the tree fitted "on ground truth components"; they are read as what it predicts. The
appendix names no size: the tree has as many leaves as the factor has classes, a threshold between
each two of them; a full tree would know each training image by its code.
"""

import numpy as np
import numpy.typing as npt

from mtdis.metrics._sampling import (
    Factors,
    FloatArray,
    IntArray,
    Sample,
    code_table,
)
from mtdis.metrics.sap import gap
from mtdis.specs.metrics.sap_paper import SapPaper

KEYS = ("SAP_score",)
INVARIANCES = frozenset(
    {"permutation", "scale"}
)  # sign: a value on a threshold falls to the other side

DEFAULTS = SapPaper()


def score(codes: FloatArray, factors: Factors, settings: SapPaper = DEFAULTS) -> dict[str, float]:
    """SAP of Appendix B.3 of codes (N, d) for factors (N, K), in [0, 1].

    It is the lead, in balanced accuracy, of the code that predicts a factor best over the second
    best. Perfect codes reach 1 − 1/classes averaged over factors, constant codes 0. Where the
    appendix is silent, the draws and balanced class weights are disentanglement_lib's, and the tree
    is scikit-learn's with Gini's impurity. Raises ValueError as `sap` does.
    """
    train, test = code_table(codes, factors, min_codes=2).training_and_test(settings)
    return {"SAP_score": gap(accuracy_matrix(train, test, seed=settings.seed))}


def accuracy_matrix(train: Sample, test: Sample, *, seed: int) -> npt.NDArray[np.float64]:
    """Balanced test accuracy (d, K) of a decision tree for each factor (n, K) on each single code
    (n, d).
    """
    from sklearn.tree import DecisionTreeClassifier  # a second to import

    accuracies = np.empty((train[0].shape[1], train[1].shape[1]))
    for i, k in np.ndindex(accuracies.shape):
        codes, labels = train[0][:, [i]], train[1][:, k]
        tree = DecisionTreeClassifier(
            class_weight="balanced", max_leaf_nodes=len(np.unique(labels)), random_state=seed
        )
        predicted = tree.fit(codes, labels).predict(test[0][:, [i]])
        accuracies[i, k] = balanced_accuracy(test[1][:, k], predicted)
    return accuracies


def balanced_accuracy(truth: IntArray, predicted: IntArray) -> float:
    """Mean over the classes present in `truth` (n,) of the share of their rows that is predicted
    right.
    """
    counts = np.bincount(truth)
    right = np.bincount(truth[truth == predicted], minlength=len(counts))
    present = counts > 0
    return float(np.mean(right[present] / counts[present]))
