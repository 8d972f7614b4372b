"""Train what a stage puts on the frozen codes of a network, by the loop that trains runs."""

from contextlib import closing
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray

from mtdis.artifacts import datasets, runs
from mtdis.artifacts.stages import Sources
from mtdis.data.split import Split, split_of
from mtdis.progress import progress_bar
from mtdis.specs.stage import TrainedStage
from mtdis.training import loop as training
from mtdis.training.batches import Examples
from mtdis.training.checkpoints import Progress
from mtdis.training.learner import Learner
from mtdis.training.reports import Report
from mtdis.training.run import watch


def fit(
    stage: TrainedStage,
    learner: Learner,
    data: Examples,
    train_rows: NDArray[np.int64],
    sources: Sources,
) -> Progress:
    """Train the learner's module in place on these rows.

    Resumed from the stage's checkpoint if there is one.
    """
    steps = training.steps_of(stage, train_rows)
    total = steps * stage.batch_size * stage.epochs
    told = Report(stage, sources.record, steps, (stage.network,))
    with progress_bar(total, stage.name(), "rows") as bar, closing(told) as report:
        return training.train(
            stage,
            {stage.network: learner},
            data,
            train_rows,
            sources.checkpoint,
            sources.checkpoint_seconds,
            watch(bar),
            report,
        )


def all_codes(
    stage: TrainedStage, sources: Sources, device: torch.device
) -> tuple[torch.Tensor, Split]:
    """Codes (N, D) of all images of the parent's dataset on the device, and its split."""
    codes, _ = runs.read_codes(sources.parent, stage.network)
    split = split_of(
        stage.parent, len(codes), partial(datasets.read_dataset, sources.dataset, "factors")
    )
    return torch.from_numpy(codes).to(device), split
