"""The networks of a run that are trained together: each by a learner of its own, or stacked as one.

Stacked are T networks of one shape: grouped convolutions, batched products, and the own head of
each only. Shapes: T networks, B images of a batch, C channels, S image height and width. A stacked
parameter is (T, ...): row t is network t's, laid out as the stack computes with it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor, nn

from mtdis.specs.models._hard_sharing_run import HardSharingRun
from mtdis.specs.run import TrainedRun
from mtdis.specs.stage import TrainedStage
from mtdis.training.learner import Learner, Moment
from mtdis.training.loss_terms import noisy, size_cost, weighted
from mtdis.training.networks import TaskNetwork

BatchStream = tuple[str, ...]
"""Name of the stream that a batch order is drawn from."""
Part = Callable[[Tensor, int], Tensor]
"""A parameter of network t, or a moment of it, and t, to the view of what is trained of it, as a
row of the stack.
"""
Layer = Callable[[Tensor], Tensor]


class Ensemble(Protocol):
    """The learners that step together, and the names of the networks whose losses they give, in
    order.
    """

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the networks, in the order of their losses."""

    @property
    def learners(self) -> Sequence[tuple[Learner, BatchStream]]:
        """Each learner, and the stream of the batches that it is given."""

    def hand_back(self) -> None:
        """Bring the networks' own modules and optimisers to where the training stands."""


def ensemble_of(spec: TrainedRun | TrainedStage, learners: Mapping[str, Learner]) -> Ensemble:
    """Join the networks of these learners as the spec wants them trained."""
    if spec.stacked:
        assert isinstance(spec, HardSharingRun)
        return Stacked(spec, learners)
    return separate(spec, learners)


def separate(spec: TrainedRun | TrainedStage, learners: Mapping[str, Learner]) -> "Separate":
    """Join the networks of these learners as they are."""
    return Separate(learners, {name: spec.batch_stream(name) for name in learners})


class Separate:
    """Each network trained by its own learner: nothing has to be handed back."""

    def __init__(self, learners: Mapping[str, Learner], streams: Mapping[str, BatchStream]) -> None:
        self.names = tuple(learners)
        self.learners = [(learner, streams[name]) for name, learner in learners.items()]

    def hand_back(self) -> None:
        """Do nothing: the modules are the networks' own."""


@dataclass(frozen=True)
class Share:
    """A stacked parameter, the networks' own parameters that it stands for, and how these lie in
    its rows.
    """

    stacked: nn.Parameter
    own: Sequence[nn.Parameter]
    part: Part

    def parts(self, tensors: Sequence[Tensor]) -> list[Tensor]:
        """Views of the trained part of tensors shaped as the networks' own parameters."""
        return [self.part(tensor, t) for t, tensor in enumerate(tensors)]


class StackedNetwork(nn.Module):
    """Encoders and own heads of T networks as one module.

    `heads` says which head, from 0, each network owns.
    """

    def __init__(self, networks: Sequence[TaskNetwork], heads: Sequence[int]) -> None:
        super().__init__()
        self.parameter_list = nn.ParameterList()
        self.shares: list[Share] = []
        encoders = [list(network.encoder.children()) for network in networks]
        layers = list(zip(*encoders, strict=True))
        self.layers = [
            self._layer(first=number == 0, layers=same) for number, same in enumerate(layers)
        ]
        modules = [network.heads for network in networks if network.heads is not None]
        self.head_layers: list[Layer] = []
        for number in range(len(modules[0].weights)):
            self.head_layers += [modules[0].activation] if number else []
            weights = [module.weights[number] for module in modules]
            biases = [module.biases[number] for module in modules]
            self.head_layers.append(self._head(weights, biases, heads))

    def forward(self, images: Tensor) -> Tensor:
        """Images (B, C, S, S) to the prediction (T, B) of each network's own head."""
        return self.predict_from(self.codes(images))

    def codes(self, images: Tensor) -> Tensor:
        """Images (B, C, S, S) to the codes (T, B, D) of each network."""
        return _through(self.layers, images)

    def predict_from(self, codes: Tensor) -> Tensor:
        """Codes (T, B, D) to the prediction (T, B) of each network's own head."""
        return _through(self.head_layers, codes)[:, :, 0]

    def _layer(self, first: bool, layers: Sequence[nn.Module]) -> Layer:
        """The stacked function of T equal layers of the encoders.

        Raises TypeError for a layer that can't be stacked.
        """
        if isinstance(layers[0], nn.Conv2d):
            # all networks side by side in the channels: the first layer reads the images, the
            # others read the channels of their network
            weight = self._share([m.get_parameter("weight") for m in layers], lambda own, _: own)
            bias = self._share([m.get_parameter("bias") for m in layers], lambda own, _: own)
            stride, padding = layers[0].stride, layers[0].padding
            groups = 1 if first else len(layers)
            return lambda x: nn.functional.conv2d(
                x, weight.flatten(0, 1), bias.flatten(), stride, padding, groups=groups
            )
        if isinstance(layers[0], nn.Linear):
            weight = self._share([m.get_parameter("weight") for m in layers], lambda own, _: own.T)
            bias = self._share([m.get_parameter("bias") for m in layers], lambda own, _: own[None])
            return lambda x: torch.baddbmm(bias, x, weight)
        if isinstance(layers[0], nn.ReLU):
            return torch.relu_
        if isinstance(layers[0], nn.Tanh):
            return torch.tanh
        if isinstance(layers[0], nn.Flatten):  # (B, T * outputs, 1, 1) to (T, B, outputs)
            return lambda x: x.reshape(len(x), len(layers), -1).transpose(0, 1)
        raise TypeError(
            f"an encoder with a {type(layers[0]).__name__} can't be stacked; set fused: none"
        )

    def _head(
        self, weights: Sequence[nn.Parameter], biases: Sequence[nn.Parameter], heads: Sequence[int]
    ) -> Layer:
        """One layer of the own heads."""
        weight = self._share(weights, lambda own, t: own[heads[t]])
        bias = self._share(biases, lambda own, t: own[heads[t]])
        return lambda x: torch.baddbmm(bias, x, weight)

    def _share(self, own: Sequence[nn.Parameter], part: Part) -> nn.Parameter:
        """A stacked parameter with the values of the networks' own."""
        rows = [part(parameter.detach(), t) for t, parameter in enumerate(own)]
        if rows[0].dim() < 4:
            values = torch.stack(rows)
        else:  # of convolutions: channels-last, whatever layout torch.stack would choose
            flat = torch.cat(rows).contiguous(memory_format=torch.channels_last)
            values = flat.view(len(rows), -1, *flat.shape[1:])
        stacked = nn.Parameter(values)
        self.parameter_list.append(stacked)
        self.shares.append(Share(stacked, own, part))
        return stacked


class Stacked:
    """T networks trained on their own tasks by one learner, as one module with one optimiser."""

    def __init__(self, run: HardSharingRun, learners: Mapping[str, Learner]) -> None:
        """Start where the learners stand."""
        self.names = tuple(learners)
        self.own = list(learners.values())
        tasks = [run.trained_tasks(name)[0] - 1 for name in self.names]
        networks = [
            learner.module for learner in self.own if isinstance(learner.module, TaskNetwork)
        ]
        self.network = StackedNetwork(networks, tasks)
        columns = torch.tensor(tasks, device=next(self.network.parameters()).device)
        weights = torch.stack([each.task_weights for each in networks])[range(len(tasks)), tasks]

        def losses(images: Tensor, targets: Tensor, moment: Moment | None = None) -> Tensor:
            """Losses (T,) of images (B, C, S, S) and targets (B, all tasks)."""
            codes = self.network.codes(images)
            predictions = self.network.predict_from(noisy(run, codes, moment))
            errors = (predictions - targets.index_select(1, columns).T).square().mean(1)
            return size_cost(run, codes, weighted(run, errors, weights))

        learner = Learner(run, self.network, losses, draws_noise=run.draws_noise)
        self.learners: list[tuple[Learner, BatchStream]] = [(learner, ())]
        self._take_moments()

    def hand_back(self) -> None:
        """Bring the networks' own parameters, and their optimisers' moments and counts, to where
        the stack stands.
        """
        for share in self.network.shares:
            _copy(share.stacked.detach(), share.parts([p.detach() for p in share.own]))
            states = self._own_states(share)
            for key, value in self._state.get(share.stacked, {}).items():
                for own, parameter in zip(states, share.own, strict=True):
                    if key not in own:  # heads without gradient have zeros
                        own[key] = torch.zeros_like(parameter if _is_moment(value) else value)
                if _is_moment(value):
                    _copy(value, share.parts([own[key] for own in states]))
                else:
                    for own in states:
                        own[key].copy_(value)

    def _take_moments(self) -> None:
        """Take over what the networks' own optimisers hold, if they have made a step."""
        for share in self.network.shares:
            states = self._own_states(share)
            taken = {
                key: (
                    torch.empty_like(share.stacked).copy_(
                        torch.stack(share.parts([own[key] for own in states]))
                    )
                    if _is_moment(value)
                    else value.clone()
                )
                for key, value in states[0].items()
            }
            if taken:  # plain gradient descent holds nothing
                self._state[share.stacked] = taken

    @property
    def _state(self) -> dict[Tensor, dict[str, Tensor]]:
        """What the stack's optimiser holds for each of its parameters."""
        return self.learners[0][0].optimisers[0].state

    def _own_states(self, share: Share) -> list[dict[str, Tensor]]:
        """What the networks' own optimisers hold for the parameters of a share, if anything."""
        return [
            learner.optimisers[0].state[parameter]
            for learner, parameter in zip(self.own, share.own, strict=True)
        ]


def _through(layers: Sequence[Layer], x: Tensor) -> Tensor:
    for layer in layers:
        x = layer(x)
    return x


def _is_moment(value: Tensor) -> bool:
    """Return whether an optimiser's tensor is shaped as its parameter, which a count of steps is
    not.
    """
    return value.dim() > 0


def _copy(stacked: Tensor, parts: Sequence[Tensor]) -> None:
    for row, part in zip(stacked, parts, strict=True):
        part.copy_(row)
