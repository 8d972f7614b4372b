"""One head with an output per task: standard multivariate regression (paper, Figure 4)."""

from torch import Tensor

from mtdis.specs.models.one_head import OneHead
from mtdis.training.learner import Moment
from mtdis.training.loss_terms import size_cost, weighted
from mtdis.training.models._hard_sharing import codes_and_errors, sharing_network
from mtdis.training.networks import TaskNetwork


def build(run: OneHead, network: str, image_shape: tuple[int, int, int]) -> TaskNetwork:
    """The one network, at its initial values."""
    return sharing_network(run, image_shape, count=1, outputs=run.tasks.count)


def loss(
    run: OneHead,
    network: str,
    model: TaskNetwork,
    images: Tensor,
    targets: Tensor,
    moment: Moment | None = None,
) -> Tensor:
    """The mean squared error over images (B, C, S, S) and tasks (B, T), as the released code has
    it.
    """
    codes, errors = codes_and_errors(run, model, images, targets, moment)
    return size_cost(run, codes, weighted(run, errors, model.task_weights).mean())
