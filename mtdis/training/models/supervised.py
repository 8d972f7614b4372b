"""A head per factor on one encoder; the loss is the sum of the factors' errors."""

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from mtdis.data.tasks import scale_inputs
from mtdis.specs.models.supervised import Supervised
from mtdis.training.learner import Moment
from mtdis.training.loss_terms import size_cost
from mtdis.training.models._hard_sharing import codes_and_errors, sharing_network
from mtdis.training.networks import TaskNetwork


def targets_of_factors(run: Supervised, values: NDArray[np.float64]) -> NDArray[np.float32]:
    """Targets (N, T) of raw factor values (N, K): those that vary, standardised."""
    return scale_inputs(values[:, run.learned_factors], "standardised").astype(np.float32)


def build(run: Supervised, network: str, image_shape: tuple[int, int, int]) -> TaskNetwork:
    """The one network, at its initial values."""
    return sharing_network(run, image_shape, count=run.target_count, outputs=1)


def loss(
    run: Supervised,
    network: str,
    model: TaskNetwork,
    images: Tensor,
    targets: Tensor,
    moment: Moment | None = None,
) -> Tensor:
    """The sum over factors of the mean squared error on images (B, C, S, S), targets (B, T)."""
    codes, errors = codes_and_errors(run, model, images, targets, moment)
    return size_cost(run, codes, errors.mean(0).sum())
