"""The untrained encoder (paper, section 4.1)."""

from mtdis.specs.models.random import Random
from mtdis.training.networks import TaskNetwork, initialise_encoder, make_encoder


def build(run: Random, network: str, image_shape: tuple[int, int, int]) -> TaskNetwork:
    """An encoder at its initial values, without heads."""
    size, _, channels = image_shape
    encoder = make_encoder(
        channels, size, run.latent_size, run.encoder_activation, run.latent_activation
    )
    initialise_encoder(encoder, run.initialisation, run.seed)
    return TaskNetwork(encoder, None)
