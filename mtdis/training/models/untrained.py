"""The untrained encoder with its own untrained heads (paper, Figure 13)."""

from mtdis.specs.models.untrained import Untrained
from mtdis.training.models._hard_sharing import sharing_network
from mtdis.training.networks import TaskNetwork


def build(run: Untrained, network: str, image_shape: tuple[int, int, int]) -> TaskNetwork:
    """Encoder and a head per task at the initial values of a multi-head network."""
    return sharing_network(run, image_shape, count=run.tasks.count, outputs=1)
