"""One head with an output per task: standard multivariate regression (paper, Figure 4)."""

from functools import partial

from torch import Tensor

from mtdis.specs.models.one_head import OneHead
from mtdis.training.learner import Learner
from mtdis.training.models._hard_sharing import sharing_network
from mtdis.training.networks import TaskNetwork


def build(run: OneHead, network: str, image_shape: tuple[int, int, int]) -> TaskNetwork:
    """The one network, at its initial values."""
    return sharing_network(run, image_shape, count=1, outputs=run.tasks.count)


def learner(run: OneHead, network: str, model: TaskNetwork) -> Learner:
    """What lowers the mean squared error over batch and tasks, as the released code has it."""
    return Learner(model, partial(_loss, model), run.learning_rate)


def _loss(model: TaskNetwork, images: Tensor, targets: Tensor) -> Tensor:
    """Images (B, C, S, S), targets (B, T)."""
    return (model.predict(images) - targets).square().mean()
