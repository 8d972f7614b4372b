"""Step modes: how one step of all networks of a run is made, and the choice of the fastest.

One network after the other, side by side, or replayed as one graph: all give the same bits. On a
CPU there is one mode.
"""

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock
from time import perf_counter
from typing import Any, Protocol

import torch
from torch import Tensor

from mtdis.training.batches import Examples, Raw
from mtdis.training.ensemble import BatchStream, Ensemble
from mtdis.training.learner import Moment

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
TIMED_STEPS = 30
"""Steps that each mode is timed for, after a third as many that are not."""
EAGER = "eager"


class StepMode(Protocol):
    """A way to make the steps of an ensemble."""

    def step(self, batches: Batches, moment: Moment) -> Tensor:
        """Make one step of all networks; their losses (n,), float64, valid until the next step."""


Makers = Mapping[str, Callable[[], StepMode]]
"""Step modes by name; making one may take steps, and may fail."""


@dataclass(frozen=True)
class Eager:
    """One learner after the other, each operation launched by itself."""

    ensemble: Ensemble
    data: Examples

    def step(self, batches: Batches, moment: Moment) -> Tensor:
        """Make one step of all networks."""
        examples = {stream: self.data.prepare(raw) for stream, raw in batches.items()}
        losses = [
            learner.step(*examples[stream], moment) for learner, stream in self.ensemble.learners
        ]
        return torch.cat([loss.double().reshape(-1) for loss in losses])


class Branched:
    """Each learner on a stream of the GPU of its own, so that small kernels of several networks run
    side by side.
    """

    def __init__(self, ensemble: Ensemble, data: Examples) -> None:
        self.ensemble, self.data = ensemble, data
        self.streams = [torch.cuda.Stream(data.device, BRANCH_PRIORITY) for _ in ensemble.learners]  # type: ignore[no-untyped-call]

    def step(self, batches: Batches, moment: Moment) -> Tensor:
        """Make one step of all networks.

        Streams fork after the batch is prepared and join before the losses are read.
        """
        here = torch.cuda.current_stream(self.data.device)
        examples = {stream: self.data.prepare(raw) for stream, raw in batches.items()}
        losses = []
        for (learner, stream), branch in zip(self.ensemble.learners, self.streams, strict=True):
            branch.wait_stream(here)
            with torch.cuda.stream(branch):
                losses.append(learner.step(*examples[stream], moment))
        for branch in self.streams:
            here.wait_stream(branch)
        return torch.cat([loss.double().reshape(-1) for loss in losses])


class Captured:
    """Another mode's step, recorded once as a graph and replayed on batches copied to where the
    first one lay.
    """

    def __init__(self, inner: StepMode, batches: Batches, record: Recorder) -> None:
        self.batches = {
            stream: tuple(part.clone() for part in raw) for stream, raw in batches.items()
        }
        self.losses, self.replay = record(lambda: inner.step(self.batches, (0, 0)))

    def step(self, batches: Batches, moment: Moment) -> Tensor:  # noqa: ARG002 - captured steps need none
        """Make one step of all networks."""
        for stream, raw in batches.items():
            for static, part in zip(self.batches[stream], raw, strict=True):
                static.copy_(part)
        self.replay()
        return self.losses


def record_graph(work: Work) -> tuple[Tensor, Callable[[], None]]:
    """Record work as a CUDA graph, after a few warm-up rounds of it.

    Raises RuntimeError if it can't be captured. On the current stream if that is one of this
    thread's own: a new one may be that of another run.
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
def undone(ensemble: Ensemble) -> Iterator[None]:
    """Undo in the end what the block's steps do to modules and optimisers, in place: graphs hold
    these tensors.
    """
    before = [(tensor, tensor.detach().clone()) for tensor in _tensors(ensemble)]
    held = {id(tensor) for tensor, _ in before}
    try:
        yield
    finally:
        with torch.no_grad():
            for tensor, value in before:
                tensor.copy_(value)
            for tensor in _tensors(ensemble):
                if id(tensor) not in held:
                    tensor.zero_()  # Adam makes its moments and counts at the first step, as zeros


def _tensors(ensemble: Ensemble) -> list[Tensor]:
    """Everything that a step changes."""
    found: list[Tensor] = []
    for learner, _ in ensemble.learners:
        found += [*learner.module.parameters(), *learner.module.buffers()]
        for optimiser in learner.optimisers:
            found += [
                t
                for state in optimiser.state.values()
                for t in state.values()
                if isinstance(t, Tensor)
            ]
    return found


def open_modes(ensemble: Ensemble, data: Examples, batches: Batches) -> Makers:
    """The step modes that are open to an ensemble.

    Graphs on a GPU and for steps without noise only, streams for several learners only.
    """
    eager = Eager(ensemble, data)
    if data.device.type != "cuda" or any(learner.draws_noise for learner, _ in ensemble.learners):
        return {EAGER: lambda: eager}
    modes: dict[str, Callable[[], StepMode]] = {
        EAGER: lambda: eager,
        "graph": lambda: Captured(eager, batches, record_graph),
    }
    if len(ensemble.learners) > 1:
        modes["graph with streams"] = lambda: Captured(
            Branched(ensemble, data), batches, record_graph
        )
    return modes


def autotune(
    modes: Makers, ensemble: Ensemble, batches: Batches, execution: dict[str, Any]
) -> StepMode:
    """The fastest step mode, found by timing each; what that trains is undone.

    `execution` is told its name and the steps per second of each. The mode that it names from
    before is taken without timing. One that fails is left out: said on standard error and in
    `execution`.
    """
    if set(modes) == {EAGER}:
        execution["step_mode"] = EAGER
        return modes[EAGER]()
    known = execution.get("step_mode")
    if known is not None:
        modes = {name: make for name, make in modes.items() if name in (known, EAGER)}
    with undone(ensemble):
        made = _made(modes, execution)
        if known is None:
            rates = {
                name: rate(mode, batches, lambda: torch.cuda.current_stream().synchronize())
                for name, mode in made.items()
            }
            execution["autotune"] = {name: round(found, 1) for name, found in rates.items()}
            known = max(rates, key=rates.__getitem__)
    execution["step_mode"] = known if known in made else EAGER
    return made[execution["step_mode"]]


def _made(modes: Makers, execution: dict[str, Any]) -> dict[str, StepMode]:
    """The step modes that can be made; making one may take steps."""
    made: dict[str, StepMode] = {}
    for name, make in modes.items():
        try:
            made[name] = make()
        except RuntimeError as error:
            reason = str(error).partition("\n")[0]
            print(f"steps are not made by '{name}': {reason}", file=sys.stderr)
            execution.setdefault("failed_step_modes", {})[name] = reason
    return made


def rate(mode: StepMode, batches: Batches, wait: Callable[[], None]) -> float:
    """Steps per second of a step mode, after some that are not timed; `wait` waits for the
    device.
    """
    for _ in range(TIMED_STEPS // 3):
        mode.step(batches, (0, 0))
    wait()
    start = perf_counter()
    for _ in range(TIMED_STEPS):
        mode.step(batches, (0, 0))
    wait()
    return TIMED_STEPS / (perf_counter() - start)
