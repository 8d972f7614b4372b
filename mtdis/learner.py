"""What one step of a training does to one network: a loss, its gradient, Adam."""

from collections.abc import Callable

import torch
from torch import Tensor, nn

Loss = Callable[[Tensor, Tensor], Tensor]
"""Inputs and targets of a batch to the loss."""


def adam(module: nn.Module, learning_rate: float) -> torch.optim.Adam:
    """The paper's optimiser (section C.1): Adam with betas 0.9 and 0.999."""
    return torch.optim.Adam(module.parameters(), lr=learning_rate, betas=(0.9, 0.999), fused=True)


class Learner:
    """A module, its loss and the optimiser that lowers it; one with more than one optimiser brings its own step.

    The learning rate is halved after every `halve_every` epochs (0: never).
    """

    def __init__(self, module: nn.Module, loss: Loss, learning_rate: float, halve_every: int = 0) -> None:
        self.module, self.loss = module, loss
        self.learning_rate, self.halve_every = learning_rate, halve_every
        self.optimisers = [adam(module, learning_rate)]

    def begin_epoch(self, epoch: int) -> None:
        """Set the learning rate of an epoch, from 0: it depends on the epoch alone, so a resume needs no more."""
        halvings = epoch // self.halve_every if self.halve_every else 0
        for optimiser in self.optimisers:
            for group in optimiser.param_groups:
                group["lr"] = self.learning_rate * 0.5**halvings

    def step(self, inputs: Tensor, targets: Tensor, moment: tuple[int, int]) -> Tensor:  # noqa: ARG002 - no noise here
        """One step on a batch; its loss. `moment` (epoch, step) seeds the noise of those that need some."""
        (optimiser,) = self.optimisers
        loss = self.loss(inputs, targets)
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        return loss.detach()
