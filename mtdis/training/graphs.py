"""Captured graphs that are used again, by the next run of a job list that differs in its seed.

A graph computes on the tensors that it was captured with. The next run's weights are brought there,
trained there, and handed back.
"""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any

import torch
from torch import Tensor

from mtdis.specs.ids import canonical
from mtdis.specs.run import TrainedRun
from mtdis.specs.stage import TrainedStage
from mtdis.training.ensemble import BatchStream, Ensemble, Separate
from mtdis.training.learner import Learner
from mtdis.training.step_modes import Captured, StepMode

MOST = 4
"""Graphs that wait for a run: each holds the memory of its networks."""


@dataclass(frozen=True)
class Graph:
    """A captured step, the networks that it trains, and what is recorded of the choice of it."""

    key: str
    ensemble: Separate
    mode: StepMode
    chosen: Mapping[str, Any]
    """`step_mode` and `autotune`."""


class Graphs:
    """Graphs of finished runs, each for one run at a time, whatever the thread."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.waiting: deque[Graph] = deque(maxlen=MOST)

    def take(self, key: str) -> Graph | None:
        """Take a graph out that fits; None if there is none."""
        with self.lock:
            fitting = next((graph for graph in self.waiting if graph.key == key), None)
            if fitting:
                self.waiting.remove(fitting)
            return fitting

    def give(self, key: str, ensemble: Ensemble, mode: StepMode, execution: Any) -> None:
        """Leave the graph of a run that is finished to another; what is no graph is not kept.

        Stacked networks are not: a stack can't be filled anew.
        """
        plain = ensemble.graph if isinstance(ensemble, Reused) else ensemble
        if isinstance(mode, Captured) and isinstance(plain, Separate):
            chosen = {k: execution[k] for k in ("step_mode", "autotune") if k in execution}
            with self.lock:
                self.waiting.append(Graph(key, plain, mode, chosen))


def key_of(spec: TrainedRun | TrainedStage, names: Sequence[str], device: torch.device) -> str:
    """What runs share that can share a graph: all settings but the seed, the networks that train,
    and the device.
    """
    return f"{canonical(spec.model_copy(update={'seed': 0}))} {' '.join(names)} {device}"


class Reused:
    """The networks of a run trained where those of an earlier one lie."""

    def __init__(self, graph: Separate, own: Mapping[str, Learner]) -> None:
        """Bring weights, buffers and the state of optimisers there."""
        self.graph, self.own = graph, list(own.values())
        self.names: tuple[str, ...] = tuple(own)
        self.learners: Sequence[tuple[Learner, BatchStream]] = graph.learners
        for (there, _), here in zip(self.learners, self.own, strict=True):
            _copy(here, there)

    def hand_back(self) -> None:
        """Bring the networks' own modules and optimisers to where the training stands."""
        for (there, _), here in zip(self.learners, self.own, strict=True):
            _copy(there, here)


@torch.no_grad()
def _copy(source: Learner, target: Learner) -> None:
    """Make a learner what another is, in place: parameters, buffers, moments and counts."""
    tensors = (*source.module.parameters(), *source.module.buffers())
    for old, new in zip(
        (*target.module.parameters(), *target.module.buffers()), tensors, strict=True
    ):
        old.copy_(new)
    for ours, theirs in zip(target.optimisers, source.optimisers, strict=True):
        for mine, other in zip(ours.parameters, theirs.parameters, strict=True):
            _copy_state(theirs.state.get(other, {}), ours.state[mine])


def _copy_state(source: Mapping[str, Tensor], target: dict[str, Tensor]) -> None:
    """An optimiser that has made no step holds nothing: as much as zeros."""
    for key in target.keys() - source.keys():
        target[key].zero_()
    for key, value in source.items():
        if key in target:
            target[key].copy_(value)
        else:
            target[key] = value.clone()
