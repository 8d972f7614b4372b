"""The learner of a network: its loss, the gradient, and the optimiser that the spec names."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from mtdis.specs.run import Trainable, TrainedRun
from mtdis.specs.stage import TrainedStage
from mtdis.training.optimisers import Adam, GradientDescent, Optimiser

Moment = tuple[int, int]
"""Epoch and step, from 0: with the seed, what the noise of a step is drawn from."""
Loss = Callable[..., Tensor | tuple[Tensor, ...]]
"""Inputs, targets and, for a learner that draws noise, the moment to the loss.

To one loss per network (T,) where a module holds T of them; to a loss for each parameter group
where there are several.
"""


@dataclass(frozen=True)
class ParameterGroup:
    """Weights with an optimiser, and among several with a loss, of their own."""

    module: nn.Module
    learning_rate: float | None = None
    """None: that of the spec."""
    decayed: Sequence[Tensor] | None = None
    """Views of the weights that enter the loss, and so decay; None: all."""


class Learner:
    """A module, its loss, and the optimisers that lower it: here alone their settings are read.

    `draws_noise` says that the loss draws noise for its moment, so that no graph can replay it: a
    loss that does not say so is given no moment.
    """

    def __init__(
        self,
        spec: TrainedRun | TrainedStage,
        module: nn.Module,
        loss: Loss,
        groups: Sequence[ParameterGroup] = (),
        draws_noise: bool = False,
    ) -> None:
        self.spec, self.module, self.loss, self.draws_noise = spec, module, loss, draws_noise
        self.precision = spec.precision
        self.groups = groups or (ParameterGroup(module),)
        self.optimisers = [_optimiser(spec, group.module) for group in self.groups]
        self.begin_epoch(0)

    def begin_epoch(self, epoch: int) -> None:
        """Set the learning rates of an epoch, from 0: they depend on the epoch alone, so a resume
        needs no more.
        """
        halvings = epoch // self.spec.halve_every if self.spec.halve_every else 0
        for group, optimiser in zip(self.groups, self.optimisers, strict=True):
            optimiser.set_rate((group.learning_rate or self.spec.learning_rate) * 0.5**halvings)

    def step(self, inputs: Tensor, targets: Tensor, moment: Moment) -> Tensor:
        """Make one step on a batch; the loss, of several groups that of the first.

        All gradients are taken at the same values of all weights.
        """
        context: AbstractContextManager[None] = nullcontext()
        if self.precision == "bf16":
            device = next(self.module.parameters()).device.type
            # a cache would outlive a captured graph
            context = torch.autocast(device, torch.bfloat16, cache_enabled=False)
        with context:
            losses = self.loss(inputs, targets, *([moment] if self.draws_noise else []))
        losses = losses if isinstance(losses, tuple) else (losses,)
        for optimiser, loss in zip(self.optimisers, losses, strict=True):
            optimiser.zero_grad()
            torch.autograd.backward(loss.sum(), inputs=optimiser.parameters)
        self._decay()
        for optimiser in self.optimisers:
            optimiser.step()
        return losses[0].detach()

    @torch.no_grad()
    def _decay(self) -> None:
        """Shrink the weights as AdamW does before its step (Loshchilov and Hutter 2019).

        Not by PyTorch's AdamW: it would shrink heads too that a network holds and does not train.
        """
        if self.spec.weight_decay:
            for group, optimiser in zip(self.groups, self.optimisers, strict=True):
                kept = 1 - optimiser.rate * self.spec.weight_decay
                for weight in group.decayed or group.module.parameters():
                    weight.mul_(kept)


def _optimiser(spec: Trainable, module: nn.Module) -> Optimiser:
    """The optimiser of a module, its rate to be set; on a GPU one that a graph can capture.

    Adam as in the paper (section C.1), or gradient descent with the spec's momentum.
    """
    parameters = list(module.parameters())
    device = parameters[0].device
    rate = torch.zeros((), device=device) if device.type == "cuda" else 0.0
    if spec.optimiser == "sgd":
        return GradientDescent(parameters, rate, spec.momentum)
    return Adam(parameters, rate)
