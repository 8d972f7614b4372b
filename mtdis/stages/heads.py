"""Heads that learn the tasks from frozen codes (paper, sections 4.3 and C.3)."""

import numpy as np
import torch
from torch import Tensor

from mtdis.artifacts import datasets
from mtdis.artifacts.stages import Outcome, Sources
from mtdis.specs.stages.heads import Heads
from mtdis.stages._training import all_codes, fit
from mtdis.training import networks
from mtdis.training.batches import CodedTasks, predict
from mtdis.training.devices import device_name, set_up
from mtdis.training.learner import Learner
from mtdis.training.task_errors import split_losses


def compute(stage: Heads, sources: Sources) -> Outcome:
    """The losses of the trained heads on each part of the split, per task, and their weights."""
    assert sources.targets is not None
    device = set_up(stage.torch_threads, stage.needs_gpu)
    codes, split = all_codes(stage, sources, device)
    targets = datasets.read_targets(sources.targets)
    heads = build(stage, codes.shape[1]).to(device)

    def loss(codes: Tensor, targets: Tensor) -> Tensor:
        """Mean squared error over batch and tasks, "the average regression loss" (4.3)."""
        error: Tensor = (heads(codes) - targets).square().mean()
        return error

    learner = Learner(stage, heads, loss)
    data = CodedTasks(codes, torch.from_numpy(targets).to(device))
    progress = fit(stage, learner, data, split["train"], sources)
    predictions = predict(heads, codes.cpu().numpy(), device)
    diverged = bool(progress.diverged) or not np.isfinite(predictions).all()
    losses = {} if diverged else split_losses(predictions, targets, split)
    return Outcome(
        rows=[
            {"metric": metric, "key": part, "task": task, "value": value}
            for part, by_metric in losses.items()
            for metric, values in by_metric.items()
            for task, value in enumerate(values, start=1)
        ],
        weights={key: value.cpu().contiguous() for key, value in heads.state_dict().items()},
        history=progress.history,
        diverged=diverged,
        device=device_name(device),
        execution=progress.execution,
        seconds_before=progress.seconds_before,
    )


def build(stage: Heads, code_count: int) -> networks.Heads:
    """The heads at their initial values, which are those of a run of the same seed."""
    heads = networks.Heads(
        stage.tasks.count, 1, code_count, stage.head_layers, stage.head_activation
    )
    networks.initialise_heads(heads, "pytorch", stage.seed)
    return heads
