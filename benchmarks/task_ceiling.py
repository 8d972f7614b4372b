"""The best test R² that tasks allow whoever has the true factors: benchmarks.task_ceiling

Of the grids of `workflow/configs/record.yaml`, by the number of hidden layers of the tasks. A task
network of random weights is, at infinite width, a draw of a Gaussian process whose kernel is known
in closed form (Neal 1996; Williams 1997, "Computing with infinite networks", for erf, which tanh is
near to: tanh x ≈ erf(√π x / 2)). Whoever knows that kernel and the exact factors of the training
split predicts the test split best by the process's posterior mean. Beside what theory says stands
what that prediction reaches on tasks that were really drawn.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from mtdis.data.factors import kept_rows, labels
from mtdis.data.split import split_rows
from mtdis.data.tasks import make_targets, scale_inputs
from mtdis.reporting.labels import dataset_label
from mtdis.specs.dataset import GridDataset
from mtdis.specs.ids import identify
from mtdis.specs.models.multi_head import MultiHead
from mtdis.specs.tasks import Tasks
from mtdis.study.study import Study

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]
CONFIGS = ("config.yaml", "workflow/configs/record.yaml")
DEPTHS = (1, 2, 3, 4)
NOISE = 1e-6
"""Of the mean variance: keeps the kernel of a thousand near points invertible."""


def task_kernel(inputs: Floats, tasks: Tasks) -> Floats:
    """Covariance (N, N) of targets over the draws of task networks, inputs being (N, K)."""
    of_weights, bias = tasks.weight_std**2, 1 / 3  # biases are U(±1/√n): variance 1 / (3 n)
    kernel: Floats = of_weights * inputs @ inputs.T + bias / inputs.shape[1]
    for _ in range(tasks.hidden_layers):
        slopes = 1 + np.pi / 2 * np.diag(kernel)
        angles = np.pi / 2 * kernel / np.sqrt(np.outer(slopes, slopes))
        units = 2 / np.pi * np.arcsin(np.clip(angles, -1, 1))
        kernel = of_weights * tasks.hidden_size * units + bias / tasks.hidden_size
    return kernel


def best(kernel: Floats, train: Rows, test: Rows) -> tuple[Floats, float]:
    """Weights (test, train) of the best linear prediction, and the R² that it has on the mean."""
    noise = NOISE * np.trace(kernel) / len(kernel) * np.eye(len(train))
    weights = np.linalg.solve(kernel[np.ix_(train, train)] + noise, kernel[np.ix_(train, test)]).T
    left = np.diag(kernel)[test] - (weights * kernel[np.ix_(test, train)]).sum(axis=1)
    spread = np.diag(kernel)[test].mean() - kernel[np.ix_(test, test)].mean()
    return weights, float(1 - left.mean() / spread)


def reached(weights: Floats, targets: Floats, train: Rows, test: Rows) -> float:
    """Mean over tasks of the R² of a prediction by weights (test, train), targets being (N, T)."""
    errors = ((targets[test] - weights @ targets[train]) ** 2).mean(axis=0)
    return float((1 - errors / targets[test].var(axis=0)).mean())


def lines() -> Iterator[list[str]]:
    """The cells of each line of the table."""
    study = Study.from_files(CONFIGS)
    runs = {identify(run.dataset): run for run in study.runs.values() if isinstance(run, MultiHead)}
    for run in runs.values():
        assert isinstance(run.dataset, GridDataset)
        _, values = labels(run.dataset, kept_rows(run.dataset))
        split = split_rows(len(values), run.split_seed)
        train, test = split["train"], split["test"]
        for depth in DEPTHS:
            tasks = run.tasks.model_copy(update={"hidden_layers": depth, "count": 8})
            kernel = task_kernel(scale_inputs(values, tasks.input_scaling), tasks)
            weights, theory = best(kernel, train, test)
            real = reached(weights, make_targets(values, tasks).astype(np.float64), train, test)
            name, images = dataset_label(run.dataset.name()), f"{len(values):,}"
            yield [name, images, str(depth), f"{theory:.2f}", f"{real:.2f}"]


def main() -> None:
    head = ["dataset", "images", "hidden layers of the tasks", "best R²", "reached on 8 real tasks"]
    for cells in [head, ["---"] * len(head), *lines()]:
        print(f"| {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
