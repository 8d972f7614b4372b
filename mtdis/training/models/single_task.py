"""One network per task: all heads are there, only its own enters the loss (paper, section 4.1)."""

from torch import Tensor

from mtdis.specs.models.single_task import SingleTask
from mtdis.training.learner import Moment, ParameterGroup
from mtdis.training.loss_terms import noisy, size_cost, weighted
from mtdis.training.models._hard_sharing import sharing_network
from mtdis.training.networks import TaskNetwork


def build(run: SingleTask, network: str, image_shape: tuple[int, int, int]) -> TaskNetwork:
    """One of the networks, which all start equal."""
    return sharing_network(run, image_shape, count=run.tasks.count, outputs=1)


def parameter_groups(
    run: SingleTask, network: str, model: TaskNetwork
) -> tuple[ParameterGroup, ...]:
    """All weights; those of the heads outside the loss do not decay."""
    assert model.heads is not None
    own = _own_task(run, network)
    heads = [weight.detach()[own] for weight in model.heads.parameters()]
    return (ParameterGroup(model, decayed=[*model.encoder.parameters(), *heads]),)


def loss(
    run: SingleTask,
    network: str,
    model: TaskNetwork,
    images: Tensor,
    targets: Tensor,
    moment: Moment | None = None,
) -> Tensor:
    """The mean squared error of the network's own task on images (B, C, S, S), targets (B, T)."""
    assert model.heads is not None
    own = _own_task(run, network)
    codes = model.codes(images)
    errors = (model.heads.one(noisy(run, codes, moment), own) - targets[:, own]).square()
    return size_cost(run, codes, weighted(run, errors.mean(), model.task_weights[own]))


def _own_task(run: SingleTask, network: str) -> int:
    """The task of a network, from 0."""
    return run.trained_tasks(network)[0] - 1
