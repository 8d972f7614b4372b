"""The best R² of tasks, against tasks that are drawn and against kernels whose answer is plain."""

import numpy as np
import pytest

from benchmarks.task_ceiling import best, reached, task_kernel
from mtdis.data.tasks import make_targets
from mtdis.specs.tasks import Tasks


@pytest.mark.parametrize("depth", [1, 2, 4])
def test_the_kernel_is_the_covariance_of_drawn_tasks(depth: int) -> None:
    factors = np.random.default_rng(0).uniform(0, 1, (12, 4))
    tasks = Tasks(count=600, hidden_layers=depth, hidden_size=100)
    targets = make_targets(factors, tasks).astype(np.float64)
    kernel = task_kernel(factors, tasks)
    # an entry's standard error is at most √2 / √600 = .06 of the variance; erf is near tanh
    assert np.abs(targets @ targets.T / 600 - kernel).max() < 0.2 * kernel.max()


def test_what_neighbours_tell_nothing_of_can_not_be_known() -> None:
    rows = np.arange(200)
    _, found = best(np.eye(200), rows[:150], rows[150:])
    assert found == pytest.approx(0, abs=0.05)


def test_a_linear_task_is_known_from_a_few_rows_and_is_reached() -> None:
    rng = np.random.default_rng(1)
    factors, rows = rng.normal(size=(200, 3)), np.arange(200)
    weights, found = best(factors @ factors.T, rows[:20], rows[20:])
    assert found > 0.999
    targets = factors @ rng.normal(size=(3, 5))
    assert reached(weights, targets, rows[:20], rows[20:]) > 0.999
