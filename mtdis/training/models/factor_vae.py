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
    noise_like,
    reconstruction_error,
    sampled,
)
from mtdis.training.learner import Learner, adam
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


def learner(
    run: FactorVae,
    network: str,
    model: FactorVariationalAutoencoder,
) -> "FactorVaeLearner":
    """What trains autoencoder and discriminator against each other."""
    return FactorVaeLearner(run, model)


class FactorVaeLearner(Learner):
    """Two optimisers, both on gradients at the same values of all weights."""

    def __init__(self, run: FactorVae, model: FactorVariationalAutoencoder) -> None:
        self.run, self.model = run, model
        self.module, self.learning_rate, self.halve_every = model, run.learning_rate, 0
        self.autoencoder = nn.ModuleList([model.encoder, model.decoder])
        self.optimisers = [
            adam(self.autoencoder, run.learning_rate),
            adam(model.discriminator, run.discriminator_learning_rate),
        ]

    def begin_epoch(self, epoch: int) -> None:
        """Nothing changes between epochs: each optimiser keeps its own learning rate."""

    def step(self, inputs: Tensor, targets: Tensor, moment: tuple[int, int]) -> Tensor:  # noqa: ARG002 - no tasks
        """One step of both on images (B, C, S, S); the autoencoder's loss."""
        with self.in_precision():
            loss, codes = self.autoencoder_loss(inputs, moment)
            opposed = discriminator_loss(
                self.model.discriminator, codes.detach(), self.run.seed, moment
            )
        for optimiser, value, module in zip(
            self.optimisers,
            (loss, opposed),
            (self.autoencoder, self.model.discriminator),
            strict=True,
        ):
            optimiser.zero_grad()
            value.backward(inputs=list(module.parameters()))  # type: ignore[no-untyped-call]
        for optimiser in self.optimisers:
            optimiser.step()
        return loss.detach()

    def autoencoder_loss(self, images: Tensor, moment: tuple[int, int]) -> tuple[Tensor, Tensor]:
        """Reconstruction error, divergence and weighted total correlation.

        And the drawn codes (B, D).
        """
        mean, log_variance = self.model.posterior(images)
        codes = sampled(mean, log_variance, noise_like(mean, self.run.seed, moment))
        error = reconstruction_error(self.model.decoder(codes), images)
        correlation = total_correlation(self.model.discriminator(codes).to(codes.dtype))
        return error + kl_divergence(mean, log_variance) + self.run.gamma * correlation, codes


def total_correlation(logits: Tensor) -> Tensor:
    """The estimate of a discriminator with logits (B, 2): mean log odds that codes were drawn
    together.
    """
    return (logits[:, 0] - logits[:, 1]).mean()


def discriminator_loss(
    discriminator: nn.Module, codes: Tensor, seed: int, moment: tuple[int, int]
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
