"""A head per task on one encoder; the loss is the sum of the task errors (paper, section C.1)."""

from torch import Tensor

from mtdis.specs.models.multi_head import MultiHead
from mtdis.training.learner import Moment
from mtdis.training.loss_terms import size_cost, weighted
from mtdis.training.models._hard_sharing import codes_and_errors, sharing_network
from mtdis.training.networks import TaskNetwork


def build(run: MultiHead, network: str, image_shape: tuple[int, int, int]) -> TaskNetwork:
    """The one network, at its initial values."""
    return sharing_network(run, image_shape, count=run.tasks.count, outputs=1)


def loss(
    run: MultiHead,
    network: str,
    model: TaskNetwork,
    images: Tensor,
    targets: Tensor,
    moment: Moment | None = None,
) -> Tensor:
    """The sum over tasks of the mean squared error over images (B, C, S, S) and targets (B, T)."""
    codes, errors = codes_and_errors(run, model, images, targets, moment)
    return size_cost(run, codes, weighted(run, errors.mean(0), model.task_weights).sum())
