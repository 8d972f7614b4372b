"""What learns tasks from turned codes: many small heads as one batch of products, or boosted trees.

Shapes: A angles, J sets of planes, T tasks, n rows to learn from, m to test on, D codes.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingRegressor
from torch import Tensor

from mtdis.randomness import generator
from mtdis.specs.stages.rotation_dose import RotationDose
from mtdis.training.networks import Heads, initialise_heads

Floats = NDArray[np.float64]
TEST_BATCH = 256
"""Rows predicted at once: bounds memory."""


class Samples(NamedTuple):
    """Rows to learn from and to test on, of each set of planes; targets are standardised."""

    codes: Floats
    """(J, n, D), not turned."""
    targets: Floats
    """(J, n, T)"""
    test_codes: Floats
    """(J, m, D)"""
    test_targets: Floats
    """(J, m, T)"""
    rotations: Floats
    """(A, J, D, D)"""


def trained_heads(stage: RotationDose, samples: Samples, arm: str) -> Floats:
    """R² (J, A, T) on the test rows of heads trained by `adam` or `sgd`, all angles at once."""
    heads = _heads(stage, samples, "gaussian" if arm == "sgd" else "pytorch")
    optimiser: torch.optim.Optimizer
    if arm == "sgd":
        optimiser = torch.optim.SGD(heads.parameters(), stage.sgd_rate, stage.sgd_momentum)
    else:
        optimiser = torch.optim.Adam(heads.parameters(), stage.adam_rate)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda step: min(1.0, 2 * (1 - step / stage.steps))
    )
    codes, targets, rotations = map(
        torch.from_numpy, (samples.codes, samples.targets, samples.rotations)
    )
    sets, rows = torch.arange(len(codes))[:, None], codes.shape[1]
    rng = generator(stage.seed, "dose batches", rows)
    for _ in range(stage.steps):
        drawn = torch.from_numpy(rng.integers(rows, size=(len(codes), stage.batch_size)))
        predicted = _predicted(heads, codes[sets, drawn], rotations)
        loss = (predicted - targets[sets, drawn].transpose(1, 2).float()).square().mean(-1).sum()
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        schedule.step()
    return _explained(_test_predictions(heads, samples), samples.test_targets)


def _heads(stage: RotationDose, samples: Samples, scheme: str) -> Heads:
    """A head per angle, set of planes and task: at its start the same for all angles."""
    angles, sets, size, _ = samples.rotations.shape
    count = sets * samples.targets.shape[2]
    layers = size, stage.head_layers, stage.head_activation
    first, heads = Heads(count, 1, *layers), Heads(angles * count, 1, *layers)
    initialise_heads(first, scheme, stage.seed)
    with torch.no_grad():
        for own, start in zip(heads.parameters(), first.parameters(), strict=True):
            own.copy_(start.repeat(angles, 1, 1))
    return heads


def _predicted(heads: Heads, codes: Tensor, rotations: Tensor) -> Tensor:
    """Predictions (A, J, T, B) of codes (J, B, D), which each angle turns first."""
    angles, sets, *_ = rotations.shape
    turned = (codes @ rotations.transpose(-1, -2)).float()  # (A, J, B, D)
    tasks = len(heads.weights[0]) // (angles * sets)
    each = turned[:, :, None].expand(-1, -1, tasks, -1, -1).flatten(0, 2)
    return heads.each(each).reshape(angles, sets, tasks, -1)


@torch.no_grad()
def _test_predictions(heads: Heads, samples: Samples) -> Floats:
    """Predictions (A, J, T, m) of the test rows."""
    codes, rotations = torch.from_numpy(samples.test_codes), torch.from_numpy(samples.rotations)
    parts = [_predicted(heads, part, rotations) for part in torch.split(codes, TEST_BATCH, dim=1)]
    return torch.cat(parts, dim=-1).double().numpy()


def boosted_trees(_stage: RotationDose, samples: Samples, _arm: str) -> Floats:
    """R² (J, A, T) on the test rows of gradient boosting by histograms, scikit-learn's defaults."""
    angles, sets, *_ = samples.rotations.shape
    predicted = np.empty((angles, sets, samples.targets.shape[2], samples.test_codes.shape[1]))
    for angle, j, task in np.ndindex(predicted.shape[:3]):
        turn = samples.rotations[angle, j].T
        trees = HistGradientBoostingRegressor(early_stopping=False, random_state=0)
        trees.fit(samples.codes[j] @ turn, samples.targets[j, :, task])
        predicted[angle, j, task] = trees.predict(samples.test_codes[j] @ turn)
    return _explained(predicted, samples.test_targets)


def _explained(predicted: Floats, targets: Floats) -> Floats:
    """R² (J, A, T) of predictions (A, J, T, m) for targets (J, m, T)."""
    wanted = targets.transpose(0, 2, 1)
    errors = np.square(predicted - wanted).mean(axis=-1)
    explained: Floats = (1 - errors / wanted.var(axis=-1)).transpose(1, 0, 2)
    return explained


ARMS: Mapping[str, Callable[[RotationDose, Samples, str], Floats]] = {
    "adam": trained_heads,
    "sgd": trained_heads,
    "trees": boosted_trees,
}
