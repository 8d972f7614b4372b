"""The vanilla auto-encoder (paper, section 3.2.2)."""

from torch import Tensor

from mtdis.specs.models.autoencoder import Autoencoder
from mtdis.training import networks
from mtdis.training.autoencoding import encoder_and_decoder, reconstruction_error


def build(
    run: Autoencoder,
    network: str,
    image_shape: tuple[int, int, int],
) -> networks.Autoencoder:
    """Encoder and decoder at their initial values."""
    return networks.Autoencoder(*encoder_and_decoder(run, image_shape, run.latent_size))


def loss(
    run: Autoencoder, network: str, model: networks.Autoencoder, images: Tensor, targets: Tensor
) -> Tensor:
    """The reconstruction error of images (B, C, S, S)."""
    return reconstruction_error(model.decoder(model.encoder(images)), images)
