"""One network per task: all heads are there, only its own enters the loss (paper, section 4.1)."""

from torch import Tensor

from mtdis.hard_sharing import sharing_network
from mtdis.networks import TaskNetwork
from mtdis.specs.models.single_task import SingleTask


def build(run: SingleTask, network: str, image_shape: tuple[int, int, int]) -> TaskNetwork:  # noqa: ARG001 - all equal
    """One of the networks, which all start equal."""
    return sharing_network(run, image_shape, count=run.tasks.count, outputs=1)


def loss(model: TaskNetwork, network: str, images: Tensor, targets: Tensor) -> Tensor:
    """Mean squared error of the network's own task: images (B, C, S, S), targets (B, T)."""
    task = int(network.removeprefix("task")) - 1
    assert model.heads is not None
    return (model.heads.one(model.encoder(images), task) - targets[:, task]).square().mean()
