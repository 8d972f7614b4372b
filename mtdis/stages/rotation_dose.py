"""Tasks learned from codes that are turned by a dose of degrees: do aligned axes help?

Shapes: N rows, D codes, A angles, J sets of planes, T tasks.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from mtdis.artifacts import datasets, runs
from mtdis.artifacts.stages import Outcome, Sources
from mtdis.errors import ConfigError
from mtdis.metrics import mig
from mtdis.randomness import generator
from mtdis.specs.stages.rotation_dose import RotationDose
from mtdis.stages._dose_arms import ARMS, Samples
from mtdis.stages._rotations import Floats, quarter_turn, turned_by, white_codes
from mtdis.training.devices import device_name, set_up

METRIC = "rotation_dose"


def compute(stage: RotationDose, sources: Sources) -> Outcome:
    """R² of each arm and MIG at each angle: means as rows, all values as arrays."""
    assert sources.targets is not None
    device = set_up(stage.torch_threads, needs_gpu=False)
    codes, rows = runs.read_codes(sources.parent, stage.network)
    arrays = dose(
        stage,
        codes,
        datasets.read_dataset(sources.dataset, "factors")[rows],
        datasets.read_targets(sources.targets)[rows],
    )
    return Outcome(rows=long_rows(stage, arrays), arrays=arrays, device=device_name(device))


def dose(
    stage: RotationDose,
    codes: NDArray[np.floating[Any]],
    factors: NDArray[np.integer[Any]],
    targets: NDArray[np.floating[Any]],
) -> dict[str, Floats]:
    """R² of each arm (sizes, J, A, T) under its name, and `mig` (J, A) of the turned codes.

    Codes (N, any), classes of factors (N, K) and targets (N, T). ConfigError for fewer rows than
    are learned from and tested on.
    """
    white = white_codes(codes, generator(stage.seed, "dose filling"))
    quarters = [
        quarter_turn(white.shape[1], generator(stage.seed, "dose planes", j))
        for j in range(stage.rotations)
    ]
    turns = np.array([[turned_by(angle, j) for j in quarters] for angle in stage.angles])
    found: dict[str, list[Floats]] = {arm: [] for arm in stage.arms}
    for size in stage.train_rows:
        samples = drawn(stage, white, targets.astype(np.float64), size, turns)
        for arm in stage.arms:
            found[arm].append(ARMS[arm](stage, samples, arm))
    scores = [
        [mig.score(white @ turn.T, factors)["discrete_mig"] for turn in by_angle]
        for by_angle in turns.swapaxes(0, 1)
    ]
    return {arm: np.array(parts) for arm, parts in found.items()} | {"mig": np.array(scores)}


def drawn(stage: RotationDose, white: Floats, targets: Floats, size: int, turns: Floats) -> Samples:
    """Rows of each set of planes, the same at all angles; smaller sizes are parts of larger ones.

    Targets are standardised by the rows that are learned from.
    """
    wanted = max(stage.train_rows) + stage.test_rows
    if wanted > len(white):
        raise ConfigError(
            f"rotation_dose learns from and tests on {wanted:,} images, and the run keeps the codes"
            f" of {len(white):,}; lower train_rows or test_rows, or set keep_codes: all."
        )
    rows = np.array(
        [
            generator(stage.seed, "dose rows", j).choice(len(white), wanted, replace=False)
            for j in range(stage.rotations)
        ]
    )
    tests, learned = rows[:, : stage.test_rows], rows[:, stage.test_rows :][:, :size]
    mean = targets[learned].mean(axis=1, keepdims=True)
    spread = targets[learned].std(axis=1, keepdims=True)
    spread[spread == 0] = 1
    return Samples(
        white[learned],
        (targets[learned] - mean) / spread,
        white[tests],
        (targets[tests] - mean) / spread,
        turns,
    )


def long_rows(stage: RotationDose, arrays: dict[str, Floats]) -> list[dict[str, Any]]:
    """The means over sets of planes and tasks, keyed `adam.10000.45` (arm, images learned from,
    degrees), and `mig.45`; those that are not finite are left out.
    """
    means = {
        f"{arm}.{size}.{angle:g}": arrays[arm][place, :, column].mean()
        for arm in stage.arms
        for place, size in enumerate(stage.train_rows)
        for column, angle in enumerate(stage.angles)
    } | {f"mig.{angle:g}": arrays["mig"][:, n].mean() for n, angle in enumerate(stage.angles)}
    return [
        {"metric": METRIC, "key": key, "value": float(value)}
        for key, value in means.items()
        if np.isfinite(value)
    ]
