"""The vanilla auto-encoder (paper, section 3.2.2)."""

from functools import partial

from torch import Tensor

from mtdis.specs.models.autoencoder import Autoencoder
from mtdis.training import networks
from mtdis.training.autoencoding import encoder_and_decoder, reconstruction_error
from mtdis.training.learner import Learner


def build(
    run: Autoencoder,
    network: str,
    image_shape: tuple[int, int, int],
) -> networks.Autoencoder:
    """Encoder and decoder at their initial values."""
    return networks.Autoencoder(*encoder_and_decoder(run, image_shape, run.latent_size))


def learner(run: Autoencoder, network: str, model: networks.Autoencoder) -> Learner:
    """What lowers the reconstruction error."""
    return Learner(model, partial(_loss, model), run.learning_rate)


def _loss(model: networks.Autoencoder, images: Tensor, _targets: Tensor) -> Tensor:
    """Images (B, C, S, S)."""
    return reconstruction_error(model.decoder(model.encoder(images)), images)
