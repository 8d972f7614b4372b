"""Calibration of a network on full grids, beside rotations scored one by one:
python -m benchmarks rotations

Codes are a noisy non-linear mix of all factors, 8 of each image; CPU time of one thread. The
alternative scores all rotated rows by `score`, on a table of factors that keeps no draws; for a
whole calibration its time is that of one score, times their number.
"""

import time
from dataclasses import replace
from functools import partial

import numpy as np

from benchmarks.boosting import timed
from benchmarks.table import Row
from mtdis.metrics import factor_table
from mtdis.scoring import transforms
from mtdis.scoring.calibration import calibrate_transforms, rotated_scores, stream, transform
from mtdis.scoring.run_scores import score_codes
from mtdis.specs.calibration import Calibration
from mtdis.specs.metric import Metric

ON_REQUEST = True
"""It takes half an hour."""
GRIDS = {"dSprites": (3, 6, 40, 32, 32), "Shapes3D": (10, 10, 10, 8, 4, 15)}
CODES = 8
NAMED = {
    "MIG": (Metric.from_fields("mig"), Calibration(rotations=499)),
    "FactorVAE": (Metric.from_fields("factor_vae"), Calibration(rotations=499)),
    "SAP": (Metric.from_fields("sap"), Calibration()),
    "DCI, n = 2,000": (
        Metric.from_fields({"name": "dci", "num_train": 2000, "num_test": 1000}),
        Calibration(permutations=5),
    ),
}
OTHERS = {
    name: Metric.from_fields(name)
    for name in ("modularity", "irs", "beta_vae", "infomec", "mig_sup", "jemmig", "dcimig")
} | {"infomec by neighbours": Metric.from_fields({"name": "infomec", "information": "knn"})}
SCORED_ONCE = 3
"""Of the raw, the oriented and the perfect codes."""


def network(sizes):
    """Codes (N, 8) of a full grid, and its table of factors."""
    classes, rng = np.indices(sizes).reshape(len(sizes), -1).T, np.random.default_rng(0)
    mixed = np.tanh(
        (2 * classes / (np.array(sizes) - 1) - 1) @ rng.normal(size=(len(sizes), CODES))
    )
    codes = mixed + 0.3 * rng.normal(size=mixed.shape)
    return codes.astype(np.float32), factor_table(classes)


def seconds(function):
    return timed(function, time.process_time)[1]


def one_more(metric, codes, factors, count):
    """Seconds of one more rotation, when the first is made."""
    turns = (transforms.rotation(CODES, np.random.default_rng(k)) for k in range(count + 1))
    scores = rotated_scores(metric, codes, factors, turns)
    next(scores)
    return seconds(lambda: list(scores)) / count


def scored(metric, codes, factors):
    """Seconds of a score of rotated codes that shares nothing."""
    turn = transforms.rotation(CODES, np.random.default_rng(0))
    fresh = replace(factors)
    return seconds(lambda: score_codes(metric, codes @ turn, fresh))


def rotation_row(what, metric, tables, factors, count, repeats):
    """One more rotation, beside a score of rotated codes."""
    white = tables.whitened
    naive = [scored(metric, white, factors) for _ in range(repeats)]
    more = [one_more(metric, white, factors, count) for _ in range(repeats)]
    ours, theirs = ([3600 / s for s in side] for side in (more, naive))
    return Row(f"{what}: one more rotation", "per hour", ours, theirs, "score of the rotated codes")


def whole_row(what, metric, calibration, tables, factors, rotation):
    """A network's calibration, beside as many scores."""
    taken = seconds(
        lambda: calibrate_transforms(metric, tables, factors, calibration, stream(0, "", what))
    )
    scores = SCORED_ONCE + 2 * (1 + calibration.rotations) + calibration.permutations
    numbers = f"{calibration.rotations} rotations, twice, {calibration.permutations} permutations"
    theirs = [rate / scores for rate in rotation.alternative]
    name = f"{what}: a network, {numbers}"
    return Row(name, "per hour", [3600 / taken], theirs, f"{scores} scores")


def measure(repeats=2):
    """Rates of both, for each grid and metric."""
    for grid, sizes in GRIDS.items():
        codes, factors = network(sizes)
        score_codes(NAMED["DCI, n = 2,000"][0], codes, factors)  # compiles
        tables, taken = timed(partial(transform, codes, factors), time.process_time)
        made = [3600 / taken]
        yield Row(f"{grid}: all transforms of a network", "per hour", made, made, "itself")
        for name, (metric, calibration) in NAMED.items():
            count = 40 if calibration.rotations > 40 else 4
            row = rotation_row(f"{grid}, {name}", metric, tables, factors, count, repeats)
            yield row
            yield whole_row(f"{grid}, {name}", metric, calibration, tables, factors, row)
        for name, metric in OTHERS.items():
            yield rotation_row(f"{grid}, {name}", metric, tables, factors, 4, repeats)
