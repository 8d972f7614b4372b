"""Chooses how the steps of a training are made: on a GPU by a short race of the ways, on a CPU
there is one.
"""

import sys
from collections.abc import Callable, Mapping
from time import perf_counter
from typing import Any

import torch

from mtdis.training.batches import Examples
from mtdis.training.ensemble import Crew
from mtdis.training.step_modes import Batches, Branched, Captured, Eager, Way, record_graph, undone

STEPS = 30
"""Steps that each way is timed for, after as many as a third of them."""
EAGER = "eager"
Makers = Mapping[str, Callable[[], Way]]
"""Ways by name; making one may take steps, and may fail."""


def makers(crew: Crew, data: Examples, batches: Batches) -> Makers:
    """The ways that are open to a crew: graphs on a GPU only, branches for several learners
    only.
    """
    eager = Eager(crew, data)
    if data.device.type != "cuda" or not all(learner.captures for learner, _ in crew.learners):
        return {EAGER: lambda: eager}
    ways: dict[str, Callable[[], Way]] = {
        EAGER: lambda: eager,
        "graph": lambda: Captured(eager, batches, record_graph),
    }
    if len(crew.learners) > 1:
        ways["graph with streams"] = lambda: Captured(Branched(crew, data), batches, record_graph)
    return ways


def choose(
    ways: Makers,
    crew: Crew,
    batches: Batches,
    execution: dict[str, Any],
    wait: Callable[[], None] | None = None,
) -> Way:
    """The fastest way, nothing trained yet.

    `execution` is told its name and the steps per second of each.

    The way that `execution` names from before is taken without a race. One that fails is left out:
    said on standard error and in `execution`. `wait` waits for the device, by default for this
    thread's stream of the GPU.
    """
    if set(ways) == {EAGER}:
        execution["way"] = EAGER
        return ways[EAGER]()
    known = execution.get("way")
    if known is not None:
        ways = {name: make for name, make in ways.items() if name in (known, EAGER)}
    with undone(crew):
        made = _made(ways, execution)
        if known is None:
            rates = {name: rate(way, batches, wait or _wait_for_gpu) for name, way in made.items()}
            execution["pilot"] = {name: round(found, 1) for name, found in rates.items()}
            known = max(rates, key=rates.__getitem__)
    execution["way"] = known if known in made else EAGER
    return made[execution["way"]]


def _made(ways: Makers, execution: dict[str, Any]) -> dict[str, Way]:
    """The ways that can be made; making one may take steps."""
    made: dict[str, Way] = {}
    for name, make in ways.items():
        try:
            made[name] = make()
        except RuntimeError as error:
            reason = str(error).partition("\n")[0]
            print(f"steps are not made by '{name}': {reason}", file=sys.stderr)
            execution.setdefault("failed_ways", {})[name] = reason
    return made


def _wait_for_gpu() -> None:
    torch.cuda.current_stream().synchronize()


def rate(way: Way, batches: Batches, wait: Callable[[], None]) -> float:
    """Steps per second of a way, after some that are not timed."""
    for _ in range(STEPS // 3):
        way.step(batches, (0, 0))
    wait()
    start = perf_counter()
    for _ in range(STEPS):
        way.step(batches, (0, 0))
    wait()
    return STEPS / (perf_counter() - start)
