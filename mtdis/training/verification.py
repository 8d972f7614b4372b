"""Step modes are believed once a few of their steps agree with eager ones.

Both begin at the same state and see the same batches; half of the steps are made at another rate.
So a graph shows itself that has baked in a rate, a batch or a count, and kernels that did not wait
for each other. What the trial does is undone.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from math import inf

import torch
from torch import Tensor

from mtdis.specs.run import Precision
from mtdis.training.batches import Raw
from mtdis.training.ensemble import BatchStream, Ensemble
from mtdis.training.learner import Learner, Moment

Batches = Mapping[BatchStream, Raw]
"""A batch as stored for each stream of batches."""
StepOf = Callable[[Batches, Moment], Tensor]
STEPS = 4
"""Steps of a trial, each on another batch; the second half of them at SLOWER the rate."""
SLOWER = 0.1


@dataclass(frozen=True)
class Difference:
    """How far two trials differ, at most."""

    losses: float
    """Of a network and step, relative to the eager loss."""
    weights: float
    """Of a tensor, as a part of the way that it went in the eager steps (2-norms)."""

    def within(self, most: "Difference") -> bool:
        """Return whether it is no larger than another."""
        return self.losses <= most.losses and self.weights <= most.weights


TOLERANCES: dict[Precision, Difference] = {
    "fp32": Difference(1e-5, 0.01),
    "tf32": Difference(1e-3, 0.1),
    "bf16": Difference(1e-2, 0.3),
}
"""What rounding may do. On a CPU, stacked networks differ from separate ones by 6e-8 in losses and
5e-5 in weights under fp32, by 2e-4 and .12 under bf16 (Adam moves a weight by its rate whichever
way a gradient near 0 points); tf32, which rounds products eight times as finely as bf16, lies
between. A wrong rate or batch changes weights by about 1.
"""
BF16_LOSSES = 0.02
"""Relative difference of losses under bf16 from those under fp32 that is warned of."""


def difference(
    found: tuple[Ensemble, StepOf],
    eager: tuple[Ensemble, StepOf],
    own: Sequence[Learner],
    trial: Sequence[Batches],
) -> Difference:
    """The difference of two ways to train the networks of these learners from where they stand."""
    start = _weights(own)
    losses, weights = _tried(*found, own, trial)
    expected_losses, expected_weights = _tried(*eager, own, trial)
    of_losses = [
        _relative(a, b, b) for a, b in zip(losses.flatten(), expected_losses.flatten(), strict=True)
    ]
    of_weights = [
        _relative(a, b, b - before)
        for finite, *networks in zip(
            expected_losses.isfinite().all(0), weights, expected_weights, start, strict=True
        )
        if finite  # else it takes no more steps after this epoch, and is no result
        for a, b, before in zip(*networks, strict=True)
    ]
    return Difference(max(of_losses), max(of_weights, default=0.0))


def losses_without_bf16(
    ensemble: Ensemble, step: StepOf, own: Sequence[Learner], trial: Sequence[Batches]
) -> float:
    """The largest relative difference of losses under bf16 from those without."""
    learners = [learner for learner, _ in ensemble.learners]
    losses, _ = _tried(ensemble, step, own, trial)
    for learner in learners:
        learner.precision = "fp32"
    try:
        expected, _ = _tried(ensemble, step, own, trial)
    finally:
        for learner in learners:
            learner.precision = "bf16"
    pairs = zip(losses.flatten(), expected.flatten(), strict=True)
    return max(_relative(a, b, b) for a, b in pairs)


def _tried(
    ensemble: Ensemble, step: StepOf, own: Sequence[Learner], trial: Sequence[Batches]
) -> tuple[Tensor, list[list[Tensor]]]:
    """Losses (steps, networks) of a trial, and the weights that networks end with; undone."""
    losses = []
    optimisers = [one for learner, _ in ensemble.learners for one in learner.optimisers]
    rates = [float(optimiser.rate) for optimiser in optimisers]
    with undone([*own, *(learner for learner, _ in ensemble.learners)]):
        for number, batches in enumerate(trial):
            if number == len(trial) // 2:
                for optimiser, rate in zip(optimisers, rates, strict=True):
                    optimiser.set_rate(SLOWER * rate)
            losses.append(step(batches, (0, number)).clone())
        ensemble.hand_back()
        weights = _weights(own)
    for optimiser, rate in zip(optimisers, rates, strict=True):
        optimiser.set_rate(rate)
        optimiser.zero_grad()
    return torch.stack(losses), weights


def _weights(learners: Iterable[Learner]) -> list[list[Tensor]]:
    """The weights of each network."""
    return [[p.detach().clone() for p in one.module.parameters()] for one in learners]


def _relative(found: Tensor, expected: Tensor, scale: Tensor) -> float:
    """|found - expected| / |scale|, in 2-norms; what is not finite in both agrees."""
    both = ~found.isfinite() & ~expected.isfinite()
    gap = float(torch.where(both, 0.0, found - expected).double().norm())
    if gap == 0:
        return 0.0
    size = float(torch.where(scale.isfinite(), scale, 0.0).double().norm())
    return gap / size if size and gap < inf else inf


@contextmanager
def undone(learners: Iterable[Learner]) -> Iterator[None]:
    """Undo in the end what the block's steps do to modules and optimisers, in place: graphs hold
    these tensors.
    """
    learners = list(learners)
    before = [(tensor, tensor.detach().clone()) for tensor in _tensors(learners)]
    held = {id(tensor) for tensor, _ in before}
    try:
        yield
    finally:
        with torch.no_grad():
            for tensor, value in before:
                tensor.copy_(value)
            for tensor in _tensors(learners):
                if id(tensor) not in held:
                    tensor.zero_()  # Adam makes its moments and counts at the first step, as zeros


def _tensors(learners: Iterable[Learner]) -> list[Tensor]:
    """Everything that a step changes."""
    found: list[Tensor] = []
    for learner in learners:
        found += [*learner.module.parameters(), *learner.module.buffers()]
        for optimiser in learner.optimisers:
            found += [
                t
                for state in optimiser.state.values()
                for t in state.values()
                if isinstance(t, Tensor)
            ]
    return found
