"""Factors → targets: the paper's tasks are random networks of the true factors (section 3.1,
appendix H).

Shapes: N rows, K factors, T tasks. Weights are (outputs, inputs), as torch keeps them.
"""

from collections.abc import Iterator
from itertools import islice, pairwise
from math import sqrt

import numpy as np
from numpy.typing import NDArray

from mtdis.data.torch_random import TorchStream
from mtdis.errors import ConfigError
from mtdis.specs.tasks import MASK_SEED, Tasks, constant_group, factor_groups

Floats = NDArray[np.float64]
Weights = NDArray[np.float32]
Masks = NDArray[np.bool_]
Network = list[tuple[Weights, Weights]]
"""Weight (outputs, inputs) and bias (outputs,) of each layer, from the factors to the single
output.
"""

ROWS_AT_ONCE = 512
"""Bounds memory; of the sizes tried the fastest, since the hidden units of so few rows stay in the
cache.
"""


def make_targets(values: Floats, spec: Tasks) -> Weights:
    """Targets (N, T) float32 of the raw factor values (N, K).

    Task t is the same however many are asked for. Evaluated in float64, because the networks are
    chaotic and float32 sums would make the targets depend on the processor. Scaling and subsets
    look at the rows given, so give the whole dataset. Raises ValueError for values of a wrong shape
    or not finite, ConfigError for subsets of constants and for float32 overflow.
    """
    _check_values(values)
    varying = tuple(bool(v) for v in values.min(axis=0) != values.max(axis=0))
    masks = factor_masks(varying, spec)
    inputs = scale_inputs(values, spec.input_scaling)
    targets = np.empty((len(values), spec.count), np.float32)
    for task, network in enumerate(islice(_networks(values.shape[1], spec), spec.count)):
        outputs = network_outputs(network, np.where(masks[task], inputs, 0.0), spec.activation)
        targets[:, task] = _as_float32(outputs, task)
    return targets


def task_networks(num_inputs: int, spec: Tasks) -> list[Network]:
    """The first `spec.count` task networks: weight (outputs, inputs) and bias (outputs,) of each
    layer.

    The draws of the released generator: `torch.manual_seed`, then per network default Linear layers
    whose weights are replaced by N(0, weight_std); biases stay U(±1/√inputs). Seed 658 makes the
    paper's tasks.
    """
    return list(islice(_networks(num_inputs, spec), spec.count))


def network_outputs(network: Network, inputs: Floats, activation: str) -> Floats:
    """Outputs (N,) float64 of one task network for inputs (N, K).

    Hidden layers are `tanh` or `relu`.
    """
    *hidden, (last_weight, last_bias) = [
        (weight.T.astype(np.float64), bias.astype(np.float64)) for weight, bias in network
    ]
    outputs = np.empty(len(inputs))
    for start in range(0, len(inputs), ROWS_AT_ONCE):
        rows = slice(start, start + ROWS_AT_ONCE)
        units = inputs[rows]
        for weight, bias in hidden:
            units = units @ weight
            units += bias
            if activation == "tanh":
                np.tanh(units, out=units)
            else:
                np.maximum(units, 0.0, out=units)
        outputs[rows] = (units @ last_weight + last_bias)[:, 0]
    return outputs


def scale_inputs(values: Floats, scaling: str) -> Floats:
    """Factor values (N, K) as the networks see them, by statistics of the rows given.

    `raw`: unchanged; `unit`: 0..1 by minimum and maximum; `standardised`: mean 0, sd 1 (ddof 0).
    Unless raw, a constant factor becomes 0.
    """
    if scaling == "raw":
        return values
    low, high = values.min(axis=0), values.max(axis=0)
    ranges = {"unit": (low, high - low), "standardised": (values.mean(axis=0), values.std(axis=0))}
    centre, width = ranges[scaling]
    constant = low == high  # rounding can give a constant an sd of 1e-17
    return np.where(constant, 0.0, (values - centre) / np.where(constant, 1.0, width))


def factor_masks(varying: tuple[bool, ...], spec: Tasks) -> Masks:
    """Masks (T, K) of the factors that each task sees.

    `varying` is true for factors with at least two values.

    `all`, `halves`, `grow`, `pairs`, `triples`: the groups of `factor_groups` in turn; `random`:
    each factor with probability ½, by the released code's draws; again if none of them varies. Task
    t has network t whatever the scheme; the released files gave each scheme 50 networks of its own
    from one stream of draws. Masks hide factors, which enter as 0. The released code went on to use
    its masks as positions instead: `positions` does so with those of `random`. Raises ConfigError
    where a task would see constant factors only.
    """
    there = np.array(varying, dtype=bool)
    if spec.subsets == "positions":
        _check_groups(there, spec)
        return used_as_positions(_random_subsets(there, spec))
    draw = _random_subsets if spec.subsets == "random" else _groups_in_turn
    return draw(there, spec)


def used_as_positions(masks: Masks) -> Masks:
    """Masks (T, K) of the factors that masks (T, K ≥ 2) keep where their values, 0 and 1, are taken
    as positions of factors: the first if any is hidden, the second if any is kept.
    """
    found = np.zeros_like(masks)
    found[:, 0], found[:, 1] = ~masks.all(axis=1), masks.any(axis=1)
    return found


def _groups_in_turn(varying: Masks, spec: Tasks) -> Masks:
    _check_groups(varying, spec)
    groups = factor_groups(spec.subsets, varying.size)
    masks = np.array([[factor in group for factor in range(varying.size)] for group in groups])
    return masks[np.arange(spec.count) % len(groups)]


def _check_groups(varying: Masks, spec: Tasks) -> None:
    if constant_group(spec, varying.tolist()) is not None:
        raise ConfigError(
            f"Tasks with 'subsets: {spec.subsets}' need, in each group of factors that a task sees,"
            f" one with at least two values; found {varying.tolist()} (true: at least two). Use"
            " 'subsets: all' or more of the dataset."
        )


def _random_subsets(varying: Masks, spec: Tasks) -> Masks:
    if not varying.any():
        raise ConfigError(
            "Tasks with 'subsets: random' need a factor with at least two values; "
            f"found {varying.size} constant factors. Use more of the dataset."
        )
    masks: Masks = np.random.RandomState(MASK_SEED).random_sample((spec.count, varying.size)) > 0.5
    for task in np.flatnonzero(~(masks & varying).any(axis=1)):
        masks[task] = _another_subset(varying, int(task))
    return masks


def _another_subset(varying: Masks, task: int) -> Masks:
    # A stream of its own, so that what varies in a part of a dataset shifts no other task's
    # factors.
    generator = np.random.RandomState([MASK_SEED, task])
    while True:
        kept: Masks = generator.random_sample(varying.size) > 0.5
        if (kept & varying).any():
            return kept


def _networks(num_inputs: int, spec: Tasks) -> Iterator[Network]:
    """Task networks without end, one at a time: a thousand of them would fill a gigabyte."""
    stream = TorchStream(spec.seed)
    sizes = [num_inputs, *[spec.hidden_size] * spec.hidden_layers, 1]
    while True:
        biases, weights = [], []
        for inputs, outputs in pairwise(sizes):
            # torch draws default weights before the bias; they are replaced later but take their
            # part of the stream.
            stream.words(inputs * outputs)
            bound = 1 / sqrt(inputs)
            biases.append(stream.uniform(outputs, -bound, bound))
        for inputs, outputs in pairwise(sizes):
            drawn = stream.normal(inputs * outputs, spec.weight_std)
            weights.append(drawn.reshape(outputs, inputs))
        yield list(zip(weights, biases, strict=True))


def _check_values(values: Floats) -> None:
    if values.ndim != 2 or not values.size:
        raise ValueError(
            "The 'values' parameter of make_targets must have shape (rows, factors), neither of"
            f" them 0. Got {values.shape} instead."
        )
    if not np.isfinite(values).all():
        row, factor = np.argwhere(~np.isfinite(values))[0]
        raise ValueError(
            "The 'values' parameter of make_targets must be finite. "
            f"Got {values[row, factor]} in row {row}, factor {factor}."
        )


def _as_float32(outputs: Floats, task: int) -> Weights:
    if not (np.abs(outputs) <= np.finfo(np.float32).max).all():
        raise ConfigError(
            f"The targets of task {task + 1} go beyond float32. Lower weight_std, hidden_size or"
            " hidden_layers of the tasks, or use 'activation: tanh'."
        )
    return outputs.astype(np.float32)
