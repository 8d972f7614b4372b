"""Step modes: how one step of all networks of a run is made, and the choice of the fastest.

One network after the other, side by side, or replayed as one graph: all give the same bits, and one
that is chosen is verified before it is used. On a CPU there is one mode.
"""

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from threading import Lock
from time import perf_counter
from typing import Any, Protocol

import torch
from torch import Tensor

from mtdis.training.batches import Examples
from mtdis.training.ensemble import Ensemble
from mtdis.training.learner import Learner, Moment
from mtdis.training.verification import (
    BF16_LOSSES,
    TOLERANCES,
    Batches,
    Difference,
    difference,
    undone,
)

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
EAGER, STACKED = "eager", "stacked"


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
    modes: Makers,
    ensemble: Ensemble,
    own: Sequence[Learner],
    trial: Sequence[Batches],
    execution: dict[str, Any],
) -> StepMode:
    """The fastest step mode, found by timing each, if its steps on the batches of a trial agree
    with eager ones; what that trains is undone. `own` are the networks' own learners.

    `execution` is told its name, the steps per second of each, and how far it differed. The mode
    that it names from before is taken without timing. One that fails is left out: said on standard
    error and in `execution`.
    """
    if set(modes) == {EAGER}:
        execution["step_mode"] = EAGER
        return modes[EAGER]()
    known = execution.get("step_mode")
    if known is not None:
        modes = {name: make for name, make in modes.items() if name in (known, EAGER)}
    with undone(learner for learner, _ in ensemble.learners):
        made = _made(modes, execution)
        if known is None:
            rates = {
                name: rate(mode, trial[0], lambda: torch.cuda.current_stream().synchronize())
                for name, mode in made.items()
            }
            execution["autotune"] = {name: round(found, 1) for name, found in rates.items()}
            known = max(rates, key=rates.__getitem__)
    chosen, eager = str(known) if known in made else EAGER, (ensemble, made[EAGER].step)
    if not believed(
        chosen,
        lambda: difference((ensemble, made[chosen].step), eager, own, trial),
        execution,
    ):
        chosen = EAGER
    execution["step_mode"] = chosen
    return made[chosen]


def believed(name: str, found: Callable[[], Difference], execution: dict[str, Any]) -> bool:
    """Return whether a way to make steps agrees with eager steps within the tolerance of the
    precision in force; the difference, and that it is not used, are said and recorded.
    """
    if name == EAGER:
        return True
    most = TOLERANCES[execution["precision"]]
    try:
        differs = found()
    except RuntimeError as error:
        _leave_out(name, str(error).partition("\n")[0], execution)
        return False
    execution.setdefault("verified", {})[name] = {
        "losses": _finite(differs.losses),
        "weights": _finite(differs.weights),
    }
    if differs.within(most):
        return True
    reason = (
        f"they differ from eager ones, in losses by {differs.losses:.2g} (at most"
        f" {most.losses:g}), in weights by {differs.weights:.2g} (at most {most.weights:g})"
    )
    _leave_out(name, reason, execution)
    return False


def note_bf16(differs: float, execution: dict[str, Any]) -> None:
    """Record how far losses under bf16 differ from those under fp32, and warn if that is much."""
    execution["bf16_losses"] = _finite(differs)
    if differs > BF16_LOSSES:
        print(
            f"under bf16 the losses of the first steps differ from those under fp32 by"
            f" {differs:.2g}, more than {BF16_LOSSES:g} of them; precision: tf32 would keep them",
            file=sys.stderr,
        )


def _finite(value: float) -> float | None:
    """A number as JSON takes it: None for one that is not finite."""
    return value if isfinite(value) else None


def _leave_out(name: str, reason: str, execution: dict[str, Any]) -> None:
    print(f"steps are not made by '{name}': {reason}", file=sys.stderr)
    execution.setdefault("failed_step_modes", {})[name] = reason


def _made(modes: Makers, execution: dict[str, Any]) -> dict[str, StepMode]:
    """The step modes that can be made; making one may take steps."""
    made: dict[str, StepMode] = {}
    for name, make in modes.items():
        try:
            made[name] = make()
        except RuntimeError as error:
            _leave_out(name, str(error).partition("\n")[0], execution)
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
