"""Parts that all autoencoders share: an encoder, a decoder, and the losses of both."""

from torch import Tensor, nn
from torch.nn.functional import binary_cross_entropy_with_logits

from mtdis.specs.models._autoencoder_run import AutoencoderRun
from mtdis.training.networks import initialise, initialise_encoder, make_decoder, make_encoder


def encoder_and_decoder(
    run: AutoencoderRun, image_shape: tuple[int, int, int], outputs: int
) -> tuple[nn.Module, nn.Module]:
    """An encoder with so many outputs and a decoder of the run's codes, at the initial values of
    its seed.
    """
    size, _, channels = image_shape
    encoder = make_encoder(channels, size, outputs, run.encoder_activation)
    initialise_encoder(encoder, run.initialisation, run.seed)
    decoder = make_decoder(channels, size, run.latent_size, run.encoder_activation)
    initialise(decoder, run.initialisation, run.seed, "decoder")
    return encoder, decoder


def reconstruction_error(logits: Tensor, images: Tensor) -> Tensor:
    """Cross-entropy of images (B, C, S, S) in 0..1 and the sigmoid of logits, summed per image,
    mean over images.
    """
    return binary_cross_entropy_with_logits(logits, images, reduction="sum") / len(images)


def kl_divergence(mean: Tensor, log_variance: Tensor) -> Tensor:
    """KL of N(mean, e^log_variance) from N(0, 1), both (B, D): summed over codes, mean over images
    (Kingma 2014).
    """
    return -0.5 * (1 + log_variance - mean.square() - log_variance.exp()).sum(1).mean()


def sampled(mean: Tensor, log_variance: Tensor, noise: Tensor) -> Tensor:
    """Codes (B, D) drawn from N(mean, e^log_variance) by standard normal noise (B, D)."""
    return mean + noise * (0.5 * log_variance).exp()
