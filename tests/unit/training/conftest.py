"""A GPU's ways on a CPU: graphs that win, and optimisers whose rates lie on the device."""

from collections.abc import Callable
from typing import Any

import pytest
import torch

from mtdis.training import learner, step_modes
from mtdis.training.step_modes import Captured, StepMode
from mtdis.training.verification import Batches


@pytest.fixture
def graphs_win(monkeypatch: pytest.MonkeyPatch) -> None:
    """Autotuning on a device where graphs are faster: it makes its steps, and the clock says so."""
    real = step_modes.rate

    def rate(mode: StepMode, batches: Batches, wait: Callable[[], None]) -> float:
        real(mode, batches, lambda: None)
        return 2.0 if isinstance(mode, Captured) else 1.0

    monkeypatch.setattr(step_modes, "rate", rate)
    monkeypatch.setattr(step_modes, "TIMED_STEPS", 3)


@pytest.fixture
def rates_on_the_device(monkeypatch: pytest.MonkeyPatch) -> None:
    """Optimisers as on a GPU: their rates are tensors, which replays read."""
    real = learner._optimiser

    def optimiser(*given: Any) -> Any:
        made = real(*given)
        made.rate = torch.zeros((), dtype=torch.float64)
        return made

    monkeypatch.setattr(learner, "_optimiser", optimiser)
