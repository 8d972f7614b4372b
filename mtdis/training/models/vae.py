"""The variational auto-encoder and β-VAE (Kingma and Welling 2014; Higgins et al. 2017)."""

from torch import Tensor

from mtdis.specs.models.vae import Vae
from mtdis.training.autoencoding import (
    encoder_and_decoder,
    kl_divergence,
    noise_like,
    reconstruction_error,
    sampled,
)
from mtdis.training.learner import Learner
from mtdis.training.networks import VariationalAutoencoder


def build(run: Vae, network: str, image_shape: tuple[int, int, int]) -> VariationalAutoencoder:
    """Encoder and decoder at their initial values."""
    return VariationalAutoencoder(*encoder_and_decoder(run, image_shape, 2 * run.latent_size))


def learner(run: Vae, network: str, model: VariationalAutoencoder) -> "VaeLearner":
    """What lowers reconstruction error and weighted divergence."""
    return VaeLearner(run, model)


class VaeLearner(Learner):
    """One step on the evidence lower bound with the divergence weighted by β."""

    def __init__(self, run: Vae, model: VariationalAutoencoder) -> None:
        super().__init__(model, self._loss, run.learning_rate)
        self.run, self.model = run, model
        self.moment = (0, 0)

    def step(self, inputs: Tensor, targets: Tensor, moment: tuple[int, int]) -> Tensor:
        """One step on images (B, C, S, S); the moment seeds the noise."""
        self.moment = moment
        return super().step(inputs, targets, moment)

    def _loss(self, images: Tensor, _targets: Tensor) -> Tensor:
        mean, log_variance = self.model.posterior(images)
        codes = sampled(mean, log_variance, noise_like(mean, self.run.seed, self.moment))
        error = reconstruction_error(self.model.decoder(codes), images)
        return error + self.run.beta * kl_divergence(mean, log_variance)
