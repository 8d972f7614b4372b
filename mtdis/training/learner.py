"""What one step of a training does to one network: a loss, its gradient, Adam."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

import torch
from torch import Tensor, nn

from mtdis.specs.run import Precision

Loss = Callable[[Tensor, Tensor], Tensor]
"""Inputs and targets of a batch to the loss; to one loss per network (T,) where a module holds T of
them.
"""


def adam(module: nn.Module, learning_rate: float) -> torch.optim.Adam:
    """The paper's optimiser (section C.1): Adam with betas 0.9 and 0.999.

    On a GPU one that a graph can capture.
    """
    parameters = list(module.parameters())
    device = parameters[0].device
    captures = device.type == "cuda"
    rate = (
        torch.tensor(learning_rate, device=device) if captures else learning_rate
    )  # a graph reads it at each replay
    return torch.optim.Adam(
        parameters, lr=rate, betas=(0.9, 0.999), fused=True, capturable=captures
    )


class Learner:
    """A module, its loss and the optimiser that lowers it.

    One with more than one optimiser brings its own step.

    The learning rate is halved after every `halve_every` epochs (0: never). The loop sets
    `precision`; a step of one's own computes its losses within `in_precision`.
    """

    precision: Precision = "fp32"

    def __init__(
        self, module: nn.Module, loss: Loss, learning_rate: float, halve_every: int = 0
    ) -> None:
        self.module, self.loss = module, loss
        self.learning_rate, self.halve_every = learning_rate, halve_every
        self.optimisers = [adam(module, learning_rate)]

    @property
    def captures(self) -> bool:
        """Whether a graph can replay the step: one's own step may draw noise for its moment, which
        it would freeze.
        """
        return type(self).step is Learner.step

    def begin_epoch(self, epoch: int) -> None:
        """Set the learning rate of an epoch, from 0: it depends on the epoch alone, so a resume
        needs no more.
        """
        rate = self.learning_rate * 0.5 ** (epoch // self.halve_every if self.halve_every else 0)
        for optimiser in self.optimisers:
            for group in optimiser.param_groups:
                if isinstance(group["lr"], Tensor):
                    group["lr"].fill_(rate)  # in place: a captured graph holds this tensor
                else:
                    group["lr"] = rate

    def in_precision(self) -> AbstractContextManager[None]:
        """Where losses are computed: under autocast to bf16 if that is the precision."""
        if self.precision != "bf16":
            return nullcontext()
        device = next(self.module.parameters()).device.type
        return torch.autocast(
            device, torch.bfloat16, cache_enabled=False
        )  # a cache would outlive a captured graph

    def step(self, inputs: Tensor, targets: Tensor, moment: tuple[int, int]) -> Tensor:  # noqa: ARG002 - no noise here
        """One step on a batch; its loss.

        `moment` (epoch, step) seeds the noise of those that need some.
        """
        (optimiser,) = self.optimisers
        with self.in_precision():
            loss = self.loss(inputs, targets)
        optimiser.zero_grad()
        loss.sum().backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        return loss.detach()
