"""One network per task: all heads are there, only its own enters the loss (paper, section 4.1)."""

from collections.abc import Mapping
from functools import partial

from torch import Tensor

from mtdis.specs.models.single_task import SingleTask
from mtdis.training.ensemble import Stacked
from mtdis.training.learner import Learner
from mtdis.training.models._hard_sharing import sharing_network
from mtdis.training.networks import TaskNetwork


def build(run: SingleTask, network: str, image_shape: tuple[int, int, int]) -> TaskNetwork:
    """One of the networks, which all start equal."""
    return sharing_network(run, image_shape, count=run.tasks.count, outputs=1)


def learner(run: SingleTask, network: str, model: TaskNetwork) -> Learner:
    """What lowers the mean squared error of the network's own task."""
    return Learner(
        model, partial(_loss, model, run.trained_tasks(network)[0] - 1), run.learning_rate
    )


def stack(run: SingleTask, learners: Mapping[str, Learner]) -> Stacked:
    """The networks of these learners trained as one, each on its own task."""
    return Stacked(learners, {name: run.trained_tasks(name)[0] - 1 for name in learners})


def _loss(model: TaskNetwork, task: int, images: Tensor, targets: Tensor) -> Tensor:
    """Images (B, C, S, S), targets (B, T), the task counted from 0."""
    assert model.heads is not None
    return (model.heads.one(model.encoder(images), task) - targets[:, task]).square().mean()
