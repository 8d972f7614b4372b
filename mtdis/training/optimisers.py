"""Adam and gradient descent by PyTorch's fused kernels, bit for bit those of `torch.optim`.

Making the first optimiser of `torch.optim` imports PyTorch's compiler, which nothing here uses:
two CPU seconds at the start of every training.
"""

from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Iterable

import torch
from torch import Tensor, nn


class Optimiser(ABC):
    """Weights that are lowered along their gradients, and what is remembered of each."""

    def __init__(self, parameters: Iterable[nn.Parameter], rate: float | Tensor = 0.0) -> None:
        self.parameters = list(parameters)
        self.rate = rate
        """On a GPU a tensor there, which a captured graph reads at each replay."""
        self.state: defaultdict[Tensor, dict[str, Tensor]] = defaultdict(dict)
        """Moments and counts of each weight, made at its first step."""

    def set_rate(self, rate: float) -> None:
        """Take this step size from now on."""
        if isinstance(self.rate, Tensor):
            self.rate.fill_(rate)  # in place: a captured graph holds this tensor
        else:
            self.rate = rate

    def zero_grad(self) -> None:
        """Forget the gradients."""
        for parameter in self.parameters:
            parameter.grad = None

    @torch.no_grad()
    def step(self) -> None:
        """Make one step of the weights that have a gradient."""
        moved = [(p, p.grad) for p in self.parameters if p.grad is not None]
        if moved:
            self._step([weight for weight, _ in moved], [gradient for _, gradient in moved])

    @abstractmethod
    def _step(self, weights: list[Tensor], gradients: list[Tensor]) -> None:
        """Change the weights in place."""


class Adam(Optimiser):
    """Adam with β .9 and .999 (Kingma and Ba 2015)."""

    def _step(self, weights: list[Tensor], gradients: list[Tensor]) -> None:
        states = [self.state[weight] or self._begun(weight) for weight in weights]
        counts = [state["step"] for state in states]
        torch._foreach_add_(counts, 1)
        torch._fused_adam_(
            weights,
            gradients,
            [state["exp_avg"] for state in states],
            [state["exp_avg_sq"] for state in states],
            [],
            counts,
            lr=self.rate,
            beta1=0.9,
            beta2=0.999,
            weight_decay=0.0,
            eps=1e-8,
            amsgrad=False,
            maximize=False,
        )

    def _begun(self, weight: Tensor) -> dict[str, Tensor]:
        state = self.state[weight]
        state["step"] = torch.zeros((), dtype=torch.float32, device=weight.device)
        state["exp_avg"] = torch.zeros_like(weight)
        state["exp_avg_sq"] = torch.zeros_like(weight)
        return state


class GradientDescent(Optimiser):
    """Stochastic gradient descent, with a part of the last step made again."""

    def __init__(
        self, parameters: Iterable[nn.Parameter], rate: float | Tensor = 0.0, momentum: float = 0.0
    ) -> None:
        super().__init__(parameters, rate)
        self.momentum = momentum

    def _step(self, weights: list[Tensor], gradients: list[Tensor]) -> None:
        held = [self.state[weight] for weight in weights] if self.momentum else []
        first = bool(held) and not any(held)
        if first:
            for state, gradient in zip(held, gradients, strict=True):
                state["momentum_buffer"] = torch.empty_like(gradient)
        torch._fused_sgd_(
            weights,
            gradients,
            [state["momentum_buffer"] for state in held],
            weight_decay=0.0,
            momentum=self.momentum,
            lr=self.rate,
            dampening=0.0,
            nesterov=False,
            maximize=False,
            is_first_step=first,
        )
