"""A CUDA graph's semantics on a CPU: the operations of one step, replayed on the same memory.

Recorded below autograd, so that what Python computes while it records is a constant of the replays.
"""

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_flatten

from mtdis.training.batches import Examples
from mtdis.training.ensemble import Ensemble
from mtdis.training.step_modes import WARM_UP, Captured, Eager, StepMode, Work
from mtdis.training.verification import Batches

SYNCS = {
    "aten::_local_scalar_dense",
    "aten::is_nonzero",
    "aten::item",
    "aten::masked_select",
    "aten::nonzero",
}
"""Operations whose result the host waits for, which no capture permits."""


MASKED = {"aten::index", "aten::index_put", "aten::index_put_"}


class OperationGraph(TorchDispatchMode):
    """Records the ATen calls made while it is entered, and makes them again.

    With `syncs` calls that the host waits for are let through, and their results baked in.
    """

    def __init__(self, syncs: bool = False) -> None:
        super().__init__()
        self.syncs = syncs
        self.calls: list[Callable[[], None]] = []
        self.names: list[str] = []

    def __torch_dispatch__(
        self, op: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        if _waits(op._schema.name, args) and not self.syncs:
            raise RuntimeError(f"operation not permitted when stream is capturing: {op}")
        given: Mapping[str, Any] = kwargs or {}
        result = op(*args, **given)
        filled = [t for t in tree_flatten(result)[0] if isinstance(t, Tensor)]

        def again() -> None:
            made = [t for t in tree_flatten(op(*args, **given))[0] if isinstance(t, Tensor)]
            for old, new in zip(filled, made, strict=True):
                if old.data_ptr() != new.data_ptr():  # else a view, or changed in place
                    old.copy_(new)

        self.calls.append(again)
        self.names.append(op._schema.name)
        return result

    def replay(self) -> None:
        """Make the recorded calls again, on the memory that they read and wrote."""
        with torch.no_grad():
            for call in self.calls:
                call()


def _waits(name: str, args: tuple[Any, ...]) -> bool:
    """Return whether the host waits for a result: by a mask, the number of rows is one."""
    masks = (t for t in tree_flatten(args[1:])[0] if isinstance(t, Tensor))
    return name in SYNCS or (name in MASKED and any(t.dtype == torch.bool for t in masks))


class OperationRecorder:
    """Records as `step_modes.record_graph` does on a GPU; `change` may do harm to the graph."""

    def __init__(self, change: Callable[[OperationGraph], None] = lambda _: None) -> None:
        self.records, self.change = 0, change

    def __call__(self, work: Work) -> tuple[Tensor, Callable[[], None]]:
        """Record work after a few rounds of it."""
        self.records += 1
        for _ in range(WARM_UP):
            work()
        graph = OperationGraph()
        with graph:
            losses = work()
        self.change(graph)
        return losses, graph.replay


def graphs_by(
    record: Any, capture: type[Captured] = Captured
) -> Callable[[Ensemble, Examples, Batches], dict[str, Callable[[], StepMode]]]:
    """What `open_modes` gives on a GPU, recorded by a recorder of the test."""

    def open_modes(
        ensemble: Ensemble, data: Examples, batches: Batches
    ) -> dict[str, Callable[[], StepMode]]:
        eager = Eager(ensemble, data)
        return {"eager": lambda: eager, "graph": lambda: capture(eager, batches, record)}

    return open_modes
