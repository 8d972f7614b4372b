"""The network of the kinds whose heads learn through one encoder, and its errors."""

from torch import Tensor

from mtdis.specs.models._hard_sharing_run import RegularisedRun
from mtdis.specs.run import HeadsRun
from mtdis.training.learner import Moment
from mtdis.training.loss_terms import noisy
from mtdis.training.networks import (
    Heads,
    TaskNetwork,
    initialise_encoder,
    initialise_heads,
    make_encoder,
)


def sharing_network(
    run: HeadsRun, image_shape: tuple[int, int, int], count: int, outputs: int
) -> TaskNetwork:
    """An encoder under `count` heads with `outputs` outputs each, at the initial values of the
    run's seed.
    """
    size, _, channels = image_shape
    encoder = make_encoder(
        channels, size, run.latent_size, run.encoder_activation, run.latent_activation
    )
    initialise_encoder(encoder, run.initialisation, run.seed)
    heads = Heads(count, outputs, run.latent_size, run.head_layers, run.head_activation)
    initialise_heads(heads, run.initialisation, run.seed)
    return TaskNetwork(encoder, heads)


def codes_and_errors(
    run: RegularisedRun, model: TaskNetwork, images: Tensor, targets: Tensor, moment: Moment | None
) -> tuple[Tensor, Tensor]:
    """Codes (B, D) of images (B, C, S, S), and the squared errors (B, T) of the predictions of
    targets (B, T) from these codes with the run's noise.
    """
    codes = model.codes(images)
    return codes, (model.predict_from(noisy(run, codes, moment)) - targets).square()
