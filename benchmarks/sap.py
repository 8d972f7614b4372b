"""SAP's linear machines, ours beside a loop over scikit-learn's LinearSVC: python -m benchmarks sap

Codes are the noisy linear mix of dSprites-like factors of benchmarks/boosting.py. Both sides fit
10,000 rows and predict 5,000, for each of 8 codes and 5 factors; scikit-learn stops at its own
tolerance, ours at the optimum.
"""

import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.svm import LinearSVC

from benchmarks.boosting import mix, timed
from benchmarks.table import Row
from mtdis.metrics import sap

CLASSES = (3, 6, 40, 32, 32)


def loop(train, test):
    """The accuracy matrix by one LinearSVC per code and factor."""
    machine = LinearSVC(C=sap.COST, class_weight="balanced", dual=False)
    accuracies = np.empty((train[0].shape[1], train[1].shape[1]))
    for i, k in np.ndindex(accuracies.shape):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            machine.fit(train[0][:, [i]], train[1][:, k])
        accuracies[i, k] = machine.score(test[0][:, [i]], test[1][:, k])
    return accuracies


def samples():
    codes, factors = mix(np.array(CLASSES), 15_000, 8)
    return (codes[:10_000], factors[:10_000]), (codes[10_000:], factors[10_000:])


def measure(repeats=3):
    """Networks per minute of both: all machines of one network, fitted and tested."""
    train, test = samples()
    sides = []
    for _ in range(repeats):
        own = timed(lambda: sap.accuracy_matrix(train, test, sap.DEFAULTS))
        other = timed(lambda: loop(train, test))
        sides.append((60 / own[1], 60 / other[1]))
    ours, theirs = zip(*sides, strict=True)
    apart = np.abs(own[0] - other[0]).max()
    what = f"SAP's machines, 8 codes × 5 factors, 10,000 rows; accuracies at most {apart:.0e} apart"
    yield Row(what, "networks/min", ours, theirs, "scikit-learn")
