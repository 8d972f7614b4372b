"""The variational auto-encoder and β-VAE (Kingma and Welling 2014; Higgins et al. 2017)."""

from torch import Tensor

from mtdis.specs.models.vae import Vae
from mtdis.training.autoencoding import (
    encoder_and_decoder,
    kl_divergence,
    reconstruction_error,
    sampled,
)
from mtdis.training.learner import Moment
from mtdis.training.loss_terms import noise_like
from mtdis.training.networks import VariationalAutoencoder


def build(run: Vae, network: str, image_shape: tuple[int, int, int]) -> VariationalAutoencoder:
    """Encoder and decoder at their initial values."""
    return VariationalAutoencoder(*encoder_and_decoder(run, image_shape, 2 * run.latent_size))


def loss(
    run: Vae,
    network: str,
    model: VariationalAutoencoder,
    images: Tensor,
    targets: Tensor,
    moment: Moment,
) -> Tensor:
    """The negative evidence lower bound of images (B, C, S, S), its divergence weighted by β."""
    mean, log_variance = model.posterior(images)
    codes = sampled(mean, log_variance, noise_like(mean, run.seed, moment))
    error = reconstruction_error(model.decoder(codes), images)
    return error + run.beta * kl_divergence(mean, log_variance)
