"""DCI's boosted trees, ours beside scikit-learn's: python -m benchmarks.boosting --threads 1 2

Codes are a noisy linear mix of dSprites-like factors. scikit-learn grows few stages, after as many
of ours on which the two are compared; then come all factors, fitted by us in full.
"""

import argparse
import time

import numpy as np
from sklearn.ensemble import GradientBoostingClassifier

from benchmarks.table import Row
from mtdis.metrics._estimators import boosting


def mix(classes, n, d, seed=0):
    rng = np.random.default_rng(seed)
    factors = np.stack([rng.integers(0, size, n) for size in classes], axis=1)
    codes = (factors / classes) @ rng.normal(size=(len(classes), d)) + 0.1 * rng.normal(size=(n, d))
    return codes.astype(np.float32), factors


def timed(function, clock=time.perf_counter):
    start = clock()
    result = function()
    return result, clock() - start


def side_by_side(codes, labels, stages):
    """Best milliseconds per tree of both, and how far they are apart after some stages."""
    full = [timed(lambda: boosting.fit(codes, labels, seed=0)) for _ in range(2)]
    ours = min(seconds for _, seconds in full) / full[0][0].trees.used.size
    model = boosting.fit(codes, labels, seed=0, num_stages=stages)
    oracle = GradientBoostingClassifier(n_estimators=stages, random_state=0)
    theirs = (
        min(timed(lambda: oracle.fit(codes, labels))[1] for _ in range(2)) / model.trees.used.size
    )
    gap = np.abs(model.importances - oracle.feature_importances_).max()
    return 1e3 * ours, 1e3 * theirs, gap, int((model.fitted != oracle.predict(codes)).sum())


def both_seconds(codes, labels, stages):
    """Seconds of as many stages by us and by scikit-learn."""
    own = timed(lambda: boosting.fit(codes, labels, seed=0, num_stages=stages))[1]
    oracle = GradientBoostingClassifier(n_estimators=stages, random_state=0)
    return own, timed(lambda: oracle.fit(codes, labels))[1]


def measure(repeats=3, trees=150):
    """Trees per second of both, for each number of classes of dSprites' factors."""
    codes, factors = mix(np.array([3, 6, 40, 32]), 10_000, 8)
    boosting.fit(codes[:99], factors[:99, 0], seed=0)  # compiles
    for size, labels in zip((3, 6, 40, 32), factors.T, strict=True):
        stages = max(3, trees // size)
        sides = [both_seconds(codes, labels, stages) for _ in range(repeats)]
        own, theirs = ([size * stages / s for s in side] for side in zip(*sides, strict=True))
        yield Row(
            f"DCI's trees, {size} classes, 10,000 rows",
            "trees/s",
            own,
            theirs,
            "scikit-learn",
            goal=30,
        )


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--classes", type=int, nargs="+", default=[3, 6, 40, 32, 32])
    parser.add_argument("--rows", type=int, default=10000)
    parser.add_argument("--codes", type=int, default=8)
    parser.add_argument("--stages", type=int, default=3, help="stages of scikit-learn")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    args = parser.parse_args()
    codes, factors = mix(np.array(args.classes), args.rows + args.rows // 2, args.codes)
    train, test = codes[: args.rows], codes[args.rows :]
    _, compile_seconds = timed(
        lambda: boosting.fit(train[:99], factors[:99, 0], seed=0).predict(test)
    )
    print(f"compilation or its load: {compile_seconds:.1f} s")
    for size, labels in zip(args.classes, factors[: args.rows].T, strict=True):
        ours, theirs, gap, differ = side_by_side(train, labels, args.stages)
        print(
            f"{size:3} classes: {ours:.2f} ms a tree, scikit-learn {theirs:.1f},"
            f" {theirs / ours:.0f} times; importances {gap:.0e} apart, {differ} predictions"
        )
    for threads in args.threads:
        wall, cpu = time.perf_counter(), time.process_time()
        for labels in factors[: args.rows].T:
            boosting.fit(train, labels, seed=0, num_threads=threads).predict(test)
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
        print(
            f"all factors, {threads} thread(s): {wall:.1f} s, {cpu:.1f} s of CPU (fit, and predict"
            " test rows)"
        )


if __name__ == "__main__":
    main()
