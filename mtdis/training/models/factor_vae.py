"""FactorVAE (Kim and Mnih 2018, algorithm 2), one batch for both terms as disentanglement_lib has
it.
"""

from itertools import pairwise

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from mtdis.randomness import generator
from mtdis.specs.models.factor_vae import FactorVae
from mtdis.training.autoencoding import (
    encoder_and_decoder,
    kl_divergence,
    reconstruction_error,
    sampled,
)
from mtdis.training.learner import Moment, ParameterGroup
from mtdis.training.loss_terms import noise_like
from mtdis.training.networks import VariationalAutoencoder, initialise


class FactorVariationalAutoencoder(VariationalAutoencoder):
    """A variational autoencoder and the discriminator that estimates its codes' total
    correlation.
    """

    def __init__(self, encoder: nn.Module, decoder: nn.Module, discriminator: nn.Module) -> None:
        super().__init__(encoder, decoder)
        self.discriminator = discriminator


def build(
    run: FactorVae,
    network: str,
    image_shape: tuple[int, int, int],
) -> FactorVariationalAutoencoder:
    """Encoder, decoder and discriminator at their initial values."""
    discriminator = make_discriminator(run.latent_size, run.discriminator_layers)
    initialise(discriminator, run.initialisation, run.seed, "discriminator")
    return FactorVariationalAutoencoder(
        *encoder_and_decoder(run, image_shape, 2 * run.latent_size), discriminator
    )


def make_discriminator(latent_size: int, hidden: tuple[int, ...]) -> nn.Sequential:
    """Codes (B, D) to two logits (B, 2): drawn together, or each code from another image."""
    layers: list[nn.Module] = []
    with torch.device("meta"):
        for i, o in pairwise((latent_size, *hidden)):
            layers += [nn.Linear(i, o), nn.LeakyReLU(0.2)]
        layers.append(nn.Linear((latent_size, *hidden)[-1], 2))
    return nn.Sequential(*layers).to_empty(device="cpu")


def parameter_groups(
    run: FactorVae, network: str, model: FactorVariationalAutoencoder
) -> tuple[ParameterGroup, ...]:
    """Autoencoder and discriminator, which are trained against each other."""
    return (
        ParameterGroup(nn.ModuleList([model.encoder, model.decoder])),
        ParameterGroup(model.discriminator, run.discriminator_learning_rate),
    )


def loss(
    run: FactorVae,
    network: str,
    model: FactorVariationalAutoencoder,
    images: Tensor,
    targets: Tensor,
    moment: Moment,
) -> tuple[Tensor, Tensor]:
    """Losses of autoencoder and discriminator on images (B, C, S, S).

    The autoencoder's: reconstruction error, divergence (or its distance from the capacity) and
    weighted total correlation.
    """
    mean, log_variance = model.posterior(images)
    codes = sampled(mean, log_variance, noise_like(mean, run.seed, moment))
    error = reconstruction_error(model.decoder(codes), images)
    correlation = total_correlation(model.discriminator(codes).to(codes.dtype))
    divergence = kl_divergence(mean, log_variance)
    if run.capacity:
        divergence = (divergence - capacity(run, moment)).abs()
    return (
        error + divergence + run.gamma * correlation,
        discriminator_loss(model.discriminator, codes.detach(), run.seed, moment),
    )


def capacity(run: FactorVae, moment: Moment) -> float:
    """The divergence in nats that a step aims at: grows evenly over `capacity_steps`, then
    stays.
    """
    epoch, step = moment
    return run.capacity * min(1.0, (epoch * run.steps_per_epoch + step) / run.capacity_steps)


def total_correlation(logits: Tensor) -> Tensor:
    """The estimate of a discriminator with logits (B, 2): mean log odds that codes were drawn
    together.
    """
    return (logits[:, 0] - logits[:, 1]).mean()


def discriminator_loss(
    discriminator: nn.Module, codes: Tensor, seed: int, moment: Moment
) -> Tensor:
    """Mean cross-entropy of telling codes (B, D) from the same with each column permuted on its
    own.
    """
    apart = permuted(codes, generator(seed, "permutation", *moment))
    logits = discriminator(torch.cat([codes, apart]))
    labels = torch.arange(2, device=codes.device).repeat_interleave(len(codes))
    return cross_entropy(logits, labels)


def permuted(codes: Tensor, rng: np.random.Generator) -> Tensor:
    """Codes (B, D) with each column in an order of its own."""
    order = rng.permuted(np.tile(np.arange(len(codes))[:, None], codes.shape[1]), axis=0)
    return codes.gather(0, torch.from_numpy(order).to(codes.device))
