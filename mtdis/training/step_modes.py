"""Ways of making one step of all networks of a run: one after the other, side by side, or replayed
as one graph.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock
from typing import Protocol

import torch
from torch import Tensor

from mtdis.training.batches import Examples
from mtdis.training.ensemble import BatchStream, Crew
from mtdis.training.streaming import Raw

Batches = Mapping[BatchStream, Raw]
"""A batch as stored for each stream of batches."""
Work = Callable[[], Tensor]
Recorder = Callable[[Work], tuple[Tensor, Callable[[], None]]]
"""Records what some work does on a device: the tensor that each replay fills, and the replay."""
BRANCH_PRIORITY = -1
"""PyTorch deals out 32 streams of each priority in turn, to all threads: branches of another
priority than the streams that runs train on are never one of these, which would put another run's
work into a capture.
"""
WARM_UP = 3
"""Steps before a capture: libraries set themselves up, Adam makes its moments (PyTorch's notes on
CUDA graphs).
"""
CAPTURING = Lock()
"""One capture at a time in a process, whatever the thread (PyTorch's notes on CUDA graphs)."""


class Way(Protocol):
    """A way of making steps."""

    def step(self, batches: Batches, moment: tuple[int, int]) -> Tensor:
        """One step of all networks: their losses (n,), float64, valid until the next step."""


@dataclass(frozen=True)
class Eager:
    """One learner after the other, each operation launched by itself."""

    crew: Crew
    data: Examples

    def step(self, batches: Batches, moment: tuple[int, int]) -> Tensor:
        """One step of all networks."""
        examples = {stream: self.data.prepare(raw) for stream, raw in batches.items()}
        losses = [learner.step(*examples[stream], moment) for learner, stream in self.crew.learners]
        return torch.cat([loss.double().reshape(-1) for loss in losses])


class Branched:
    """Each learner on a stream of the GPU of its own, so that small kernels of several networks run
    side by side.
    """

    def __init__(self, crew: Crew, data: Examples) -> None:
        self.crew, self.data = crew, data
        self.streams = [torch.cuda.Stream(data.device, BRANCH_PRIORITY) for _ in crew.learners]  # type: ignore[no-untyped-call]

    def step(self, batches: Batches, moment: tuple[int, int]) -> Tensor:
        """One step of all networks: streams fork after the batch is prepared and join before the
        losses are read.
        """
        here = torch.cuda.current_stream(self.data.device)
        examples = {stream: self.data.prepare(raw) for stream, raw in batches.items()}
        losses = []
        for (learner, stream), branch in zip(self.crew.learners, self.streams, strict=True):
            branch.wait_stream(here)
            with torch.cuda.stream(branch):
                losses.append(learner.step(*examples[stream], moment))
        for branch in self.streams:
            here.wait_stream(branch)
        return torch.cat([loss.double().reshape(-1) for loss in losses])


class Captured:
    """Another way's step, recorded once as a graph and replayed on batches copied to where the
    first one lay.
    """

    def __init__(self, inner: Way, batches: Batches, record: Recorder) -> None:
        self.batches = {
            stream: tuple(part.clone() for part in raw) for stream, raw in batches.items()
        }
        self.losses, self.replay = record(lambda: inner.step(self.batches, (0, 0)))

    def step(self, batches: Batches, moment: tuple[int, int]) -> Tensor:  # noqa: ARG002 - captured steps need none
        """One step of all networks."""
        for stream, raw in batches.items():
            for static, part in zip(self.batches[stream], raw, strict=True):
                static.copy_(part)
        self.replay()
        return self.losses


def record_graph(work: Work) -> tuple[Tensor, Callable[[], None]]:
    """Record work as a CUDA graph, after a few warm-up rounds of it.

    RuntimeError if it can't be captured.

    On the current stream if that is one of this thread's own: a new one may be that of another run.
    """
    here = torch.cuda.current_stream()
    is_shared = here == torch.cuda.default_stream()  # which can't be captured
    side = torch.cuda.Stream() if is_shared else here  # type: ignore[no-untyped-call]
    with CAPTURING:
        side.wait_stream(here)
        with torch.cuda.stream(side):
            for _ in range(WARM_UP):
                work()
        here.wait_stream(side)
        graph = torch.cuda.CUDAGraph()
        try:
            with torch.cuda.graph(
                graph, stream=side, capture_error_mode="thread_local"
            ):  # other runs may be training
                result = work()
        finally:
            torch.cuda.set_stream(here)  # a capture that fails leaves its own stream behind
    return result, graph.replay


@contextmanager
def undone(crew: Crew) -> Iterator[None]:
    """Undo in the end what the block's steps do to modules and optimisers, in place: graphs hold
    these tensors.
    """
    before = [(tensor, tensor.detach().clone()) for tensor in _tensors(crew)]
    held = {id(tensor) for tensor, _ in before}
    try:
        yield
    finally:
        with torch.no_grad():
            for tensor, value in before:
                tensor.copy_(value)
            for tensor in _tensors(crew):
                if id(tensor) not in held:
                    tensor.zero_()  # Adam makes its moments and counts at the first step, as zeros


def _tensors(crew: Crew) -> list[Tensor]:
    """Everything that a step changes."""
    found: list[Tensor] = []
    for learner, _ in crew.learners:
        found += [*learner.module.parameters(), *learner.module.buffers()]
        for optimiser in learner.optimisers:
            found += [
                t
                for state in optimiser.state.values()
                for t in state.values()
                if isinstance(t, Tensor)
            ]
    return found
