"""Auto-encoders: published sizes, losses against closed forms, who learns from what in a FactorVAE,
resume.
"""

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from helpers.small_study import DATASET, FIELDS
from torch import Tensor, nn
from torch.distributions import Bernoulli, Normal, kl_divergence

from mtdis.data.split import split_rows
from mtdis.errors import ConfigError
from mtdis.randomness import generator
from mtdis.specs.run import Run
from mtdis.training import autoencoding
from mtdis.training import loop as training
from mtdis.training.batches import Images
from mtdis.training.checkpoints import Progress
from mtdis.training.devices import set_up
from mtdis.training.loss_terms import noise_like
from mtdis.training.models.factor_vae import (
    FactorVariationalAutoencoder,
    capacity,
    discriminator_loss,
    make_discriminator,
    permuted,
    total_correlation,
)
from mtdis.training.networks import initialise, make_decoder, make_encoder
from mtdis.training.run import load

KINDS = ["autoencoder", "vae", "factor_vae"]
NOISY = ["vae", "factor_vae"]
TRAINING: dict[str, Any] = FIELDS | {"epochs": 2, "batch_size": 16, "latent_size": 3}
SMALL = {"factor_vae": {"discriminator_layers": [20, 20]}}
every_kind = pytest.mark.parametrize("kind", KINDS)


def run_of(kind: str, **changes: Any) -> Run:
    return Run.from_fields({"kind": kind} | TRAINING | SMALL.get(kind, {}) | changes)


@pytest.fixture
def images(data: Path) -> Images:
    return load(data / "d.json", None, torch.device("cpu"))


def networks_of(run: Run, images: Images) -> dict[str, Any]:
    return training.build(run, tuple(images.pixels.shape[1:]), torch.device("cpu"))


def learner_of(run: Run, images: Images) -> Any:
    [learner] = training.learners_of(run, networks_of(run, images)).values()
    return learner


def trained(
    run: Run, images: Images, folder: Path, **options: Any
) -> tuple[dict[str, bytes], Progress]:
    set_up(run.torch_threads, run.needs_gpu)
    networks = networks_of(run, images)
    learners = training.learners_of(run, networks)
    rows = split_rows(len(images.pixels))["train"]
    progress = training.train(run, learners, images, rows, folder / "checkpoint", **options)
    return {
        f"{n}.{k}": v.numpy().tobytes()
        for n, m in networks.items()
        for k, v in m.state_dict().items()
    }, progress


def parameters(module: nn.Module) -> int:
    return sum(p.numel() for p in module.parameters())


@pytest.mark.parametrize(("channels", "expected"), [(1, 2_035_137), (3, 2_036_291)])
def test_the_decoder_has_the_released_codes_parameter_count(channels: int, expected: int) -> None:
    assert (
        parameters(make_decoder(channels, 64, 8)) == expected
    )  # reference: disentanglement-pytorch's SimpleConv64


@pytest.mark.parametrize(("channels", "expected"), [(1, 1_758_480), (3, 1_759_504)])
def test_the_encoder_of_means_and_variances_has_the_released_codes_parameter_count(
    channels: int, expected: int
) -> None:
    assert parameters(make_encoder(channels, 64, 2 * 8)) == expected  # SimpleGaussianConv64


def test_the_discriminator_has_the_released_codes_parameter_count() -> None:
    assert parameters(make_discriminator(8, (1000,) * 5)) == 4_015_002
    assert (
        Run.from_fields({"kind": "factor_vae", **FIELDS, "batch_size": 16}).discriminator_layers
        == (1000,) * 5
    )


@every_kind
def test_the_defaults_are_the_papers(kind: str) -> None:
    """Section C.3; what it leaves to Abdi et al. 2019 weighs all terms by 1."""
    run = Run.from_fields({"kind": kind, "dataset": "dsprites_rendered", "seed": 1})
    assert (run.epochs, run.batch_size, run.learning_rate, run.latent_size) == (100, 64, 1e-4, 8)
    assert {
        "autoencoder": 1.0,
        "vae": getattr(run, "beta", 0),
        "factor_vae": getattr(run, "gamma", 0),
    }[kind] == 1


@pytest.mark.parametrize("size", [8, 16, 32, 64, 128])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_the_decoder_makes_images_of_every_size_that_the_encoder_takes(
    size: int, channels: int
) -> None:
    decoder = make_decoder(channels, size, 5)
    initialise(decoder, "pytorch", 1, "decoder")
    assert decoder(torch.zeros(2, 5)).shape == (2, channels, size, size)


def test_the_decoder_grows_as_the_released_one() -> None:
    decoder, x, sizes = make_decoder(1, 64, 8), torch.zeros(1, 8), []
    for layer in decoder:
        x = layer(x)
        sizes += [x.shape[-1]] if isinstance(layer, (nn.Conv2d, nn.ConvTranspose2d)) else []
    assert sizes == [1, 2, 6, 14, 30, 62, 64]  # reference: SimpleConv64
    channels = [layer.out_channels for layer in decoder if hasattr(layer, "out_channels")]
    assert channels == [256, 256, 128, 128, 64, 64, 1]


@every_kind
def test_tanh_takes_the_place_of_all_rectifiers(kind: str, images: Images) -> None:
    """Section C.3: in encoder and decoder; then the same weights give what a plain loop of tanh
    gives.
    """
    plain, model = (
        networks_of(run_of(kind, encoder_activation=name), images)[kind]
        for name in ("relu", "tanh")
    )
    for part, inputs in (("encoder", images.batch(torch.arange(4))), ("decoder", torch.ones(4, 3))):
        x = inputs
        for layer in getattr(plain, part):
            x = torch.tanh(x) if isinstance(layer, nn.ReLU) else layer(x)
        torch.testing.assert_close(getattr(model, part)(inputs), x)
        assert not torch.allclose(getattr(plain, part)(inputs), x)


@pytest.mark.parametrize("size", [2, 4, 48, 256])
def test_sizes_that_the_decoder_cannot_make_are_refused(size: int) -> None:
    with pytest.raises(
        ValueError, match=f"images of 8, 16, 32, 64 or 128 pixels a side; found {size}"
    ):
        make_decoder(1, size, 8)


@pytest.mark.parametrize("scheme", ["pytorch", "released"])
def test_initial_values_are_those_of_the_scheme(scheme: str) -> None:
    """Spread of the weights against PyTorch's own default layer, and against Xavier's closed
    form.
    """
    decoder = make_decoder(1, 64, 8)
    initialise(decoder, scheme, 3, "decoder")
    for layer in decoder:
        if isinstance(layer, (nn.Conv2d, nn.ConvTranspose2d)) and layer.weight.numel() > 4096:
            bound = layer.weight[0].numel() ** -0.5
            fans = (layer.weight.shape[0] + layer.weight.shape[1]) * layer.weight[0, 0].numel()
            expected = bound / 3**0.5 if scheme == "pytorch" else (2 / fans) ** 0.5
            spread = float(layer.weight.detach().std())
            assert spread == pytest.approx(
                expected, rel=4 * (2 * layer.weight.numel()) ** -0.5
            )  # four standard errors
            assert float(layer.bias.detach().abs().max()) <= bound


def test_all_encoders_of_a_seed_start_as_those_of_other_kinds(images: Images) -> None:
    """The vanilla encoder is the random one.

    That of a VAE has more outputs, and its convolutions are the same.
    """
    plain = Run.from_fields({"kind": "random", **FIELDS, "latent_size": 3})
    start = networks_of(plain, images)["random"].encoder.state_dict()
    for kind in KINDS:
        encoder = networks_of(run_of(kind), images)[kind].encoder.state_dict()
        same = [torch.equal(v, encoder[k]) for k, v in start.items() if v.shape == encoder[k].shape]
        assert all(same[:6])  # weight and bias of the three convolutions that an 8x8 image needs
        assert len(same) == (8 if kind == "autoencoder" else 6)


def test_the_reconstruction_error_is_the_log_likelihood_of_a_bernoulli_summed_over_an_image() -> (
    None
):
    draw = torch.Generator().manual_seed(1)
    logits = 4 * torch.randn(5, 3, 8, 8, generator=draw, dtype=torch.float64)
    images = torch.randint(0, 2, (5, 3, 8, 8), generator=draw).double()
    expected = -Bernoulli(logits=logits).log_prob(images).sum((1, 2, 3)).mean()
    torch.testing.assert_close(autoencoding.reconstruction_error(logits, images), expected)


def test_the_divergence_is_that_of_gaussians() -> None:
    draw = torch.Generator().manual_seed(1)
    mean, log_variance = torch.randn(2, 6, 4, generator=draw, dtype=torch.float64)
    expected = (
        kl_divergence(Normal(mean, (0.5 * log_variance).exp()), Normal(0.0, 1.0)).sum(1).mean()
    )
    torch.testing.assert_close(autoencoding.kl_divergence(mean, log_variance), expected)
    assert autoencoding.kl_divergence(torch.zeros(2, 3), torch.zeros(2, 3)) == 0


def test_drawn_codes_have_the_distribution_that_the_encoder_says() -> None:
    mean, log_variance = torch.tensor([1.0, -2.0]), torch.tensor([0.0, np.log(9.0)])
    noise = noise_like(torch.zeros(40_000, 2), 1, (0, 0))
    codes = autoencoding.sampled(mean, log_variance, noise)
    error = (
        torch.tensor([1.0, 3.0]) / 200
    )  # of a mean of 40,000 values; that of their sd is smaller
    assert ((codes.mean(0) - mean).abs() < 4 * error).all()
    assert ((codes.std(0) - torch.tensor([1.0, 3.0])).abs() < 4 * error).all()


def test_noise_is_a_function_of_seed_epoch_and_step() -> None:
    def noise(seed: int, epoch: int, step: int) -> bytes:
        torch.manual_seed(
            np.random.default_rng().integers(2**31)
        )  # no global generator plays a part
        return noise_like(torch.ones(4, 3), seed, (epoch, step)).numpy().tobytes()

    moments = [(1, 0, 0), (2, 0, 0), (1, 1, 0), (1, 0, 1), (1, 11, 1), (1, 1, 11)]
    assert len({noise(*moment) for moment in moments}) == len(moments)
    assert [noise(*moment) for moment in moments] == [
        noise(*moment) for moment in reversed(moments)
    ][::-1]


def doubled(learner: Any) -> Any:
    """The learner with its module in double precision, small enough for finite differences."""
    learner.module.double()
    return learner


@pytest.mark.parametrize("beta", [0.0, 1.0, 4.0])
def test_the_loss_of_a_vae_is_error_plus_beta_times_divergence(beta: float, images: Images) -> None:
    learner = doubled(learner_of(run_of("vae", beta=beta), images))
    model = learner.module
    batch = images.batch(torch.arange(6)).double()
    outputs = model.encoder(batch)
    mean, log_variance = outputs[:, :3], outputs[:, 3:]
    codes = mean + (log_variance / 2).exp() * noise_like(mean, 1, (3, 5))
    likelihood = Bernoulli(logits=model.decoder(codes)).log_prob(batch).sum((1, 2, 3)).mean()
    divergence = (
        kl_divergence(Normal(mean, (log_variance / 2).exp()), Normal(0.0, 1.0)).sum(1).mean()
    )
    torch.testing.assert_close(learner.loss(batch, batch, (3, 5)), beta * divergence - likelihood)
    torch.testing.assert_close(model.codes(batch), mean)


@every_kind
def test_gradients_are_those_of_finite_differences(kind: str, images: Images) -> None:
    """Along random directions of all weights, by steps so short that hardly a ReLU changes
    sides.
    """
    learner = doubled(learner_of(run_of(kind), images))
    batch = images.batch(torch.arange(4)).double()
    weights = [
        p for name, p in learner.module.named_parameters() if not name.startswith("discriminator")
    ]

    def loss() -> Tensor:
        found = learner.loss(batch, batch, *([(0, 0)] if learner.draws_noise else []))
        return found[0] if kind == "factor_vae" else found

    gradients = torch.autograd.grad(loss(), weights)
    draw = torch.Generator().manual_seed(2)
    scale = sum(p.numel() for p in weights) ** -0.5
    for _ in range(3):
        direction = [scale * torch.randn(p.shape, generator=draw, dtype=p.dtype) for p in weights]
        expected = sum(float((g * d).sum()) for g, d in zip(gradients, direction, strict=True))
        values = []
        for step in (1e-6, -2e-6, 1e-6):
            for p, d in zip(weights, direction, strict=True):
                p.data += step * d
            values.append(float(loss().detach()))
        assert (values[0] - values[1]) / 2e-6 == pytest.approx(expected, rel=1e-4)


def test_losses_pass_gradcheck() -> None:
    draw = torch.Generator().manual_seed(4)
    mean, log_variance = (
        x.requires_grad_() for x in torch.randn(2, 3, 4, generator=draw, dtype=torch.float64)
    )
    noise = noise_like(mean, 1, (0, 0)).double()
    logits = torch.randn(2, 1, 3, 3, generator=draw, dtype=torch.float64, requires_grad=True)
    images = torch.rand(2, 1, 3, 3, generator=draw, dtype=torch.float64)
    assert torch.autograd.gradcheck(autoencoding.kl_divergence, (mean, log_variance))
    assert torch.autograd.gradcheck(
        lambda m, v: autoencoding.sampled(m, v, noise), (mean, log_variance)
    )
    assert torch.autograd.gradcheck(
        lambda x: autoencoding.reconstruction_error(x, images), (logits,)
    )
    assert torch.autograd.gradcheck(total_correlation, (logits[0, 0, :, :2],))


def test_one_step_of_a_factor_vae_takes_each_side_along_its_own_gradient(images: Images) -> None:
    """Against the objectives of Kim and Mnih written out, both at the values before the step, from
    one batch.
    """
    run = run_of("factor_vae", gamma=7.0, learning_rate=1e-3, discriminator_learning_rate=1e-2)
    learner = doubled(learner_of(run, images))
    model, batch = learner.module, images.batch(torch.arange(10)).double()
    mean, log_variance = model.encoder(batch).chunk(2, 1)
    codes = mean + (log_variance / 2).exp() * noise_like(mean, 1, (2, 9))
    error = -Bernoulli(logits=model.decoder(codes)).log_prob(batch).sum((1, 2, 3)).mean()
    divergence = (
        kl_divergence(Normal(mean, (log_variance / 2).exp()), Normal(0.0, 1.0)).sum(1).mean()
    )
    together, apart = (
        model.discriminator(c).log_softmax(1) for c in (codes, shuffled(codes.detach(), (2, 9)))
    )
    objective = error + divergence + 7 * (together[:, 0] - together[:, 1]).mean()
    opposed = (
        -(model.discriminator(codes.detach()).log_softmax(1)[:, 0].mean() + apart[:, 1].mean()) / 2
    )
    sides = [list(group.module.parameters()) for group in learner.groups]
    expected = [
        *torch.autograd.grad(objective, sides[0], retain_graph=True),
        *torch.autograd.grad(opposed, sides[1]),
    ]
    assert sum(map(len, sides)) == len(list(model.parameters()))
    before = [p.detach().clone() for side in sides for p in side]
    loss = learner.step(batch, batch, (2, 9))
    torch.testing.assert_close(loss, objective.detach())
    rates = [1e-3] * len(sides[0]) + [1e-2] * len(sides[1])
    for old, new, gradient, rate in zip(before, sides[0] + sides[1], expected, rates, strict=True):
        torch.testing.assert_close(new.grad, gradient)
        torch.testing.assert_close(
            new.detach(), old - rate * gradient / (gradient.abs() + 1e-8)
        )  # Adam's first step


def shuffled(codes: Tensor, moment: tuple[int, int]) -> Tensor:
    """The codes with their columns permuted, by the stream that the learner draws from."""
    return permuted(codes, generator(1, "permutation", *moment))


def test_gamma_0_is_a_vae(images: Images, tmp_path: Path) -> None:
    plain, _ = trained(run_of("vae"), images, tmp_path / "a")
    factor, _ = trained(run_of("factor_vae", gamma=0.0), images, tmp_path / "b")
    assert {k.partition(".")[2]: v for k, v in plain.items()} == {
        k.partition(".")[2]: v for k, v in factor.items() if "discriminator" not in k
    }


@pytest.mark.parametrize(
    ("moment", "expected"), [((0, 0), 0.0), ((0, 3), 15.0), ((1, 0), 20.0), ((40, 2), 25.0)]
)
def test_the_capacity_grows_evenly_and_stays(moment: tuple[int, int], expected: float) -> None:
    """72 rows in batches of 16 are 4 steps an epoch, of which 5 make the whole capacity."""
    run = run_of("factor_vae", capacity=25.0, capacity_steps=5)
    assert run.steps_per_epoch == 4
    assert capacity(run, moment) == pytest.approx(expected)


def test_the_divergence_is_drawn_to_the_capacity(images: Images) -> None:
    """|KL − C| in the loss, from below and from above: 25 nats are more than untrained codes have,
    1e-9 are less.
    """
    batch = images.batch(torch.arange(16))
    losses = {}
    for aim in (0.0, 25.0, 1e-9):
        run = run_of("factor_vae", capacity=aim, capacity_steps=1)
        model: Any = networks_of(run, images)["factor_vae"]
        mean, log_variance = model.posterior(batch)
        divergence = float(autoencoding.kl_divergence(mean, log_variance).detach())
        learner = training.learners_of(run, {"factor_vae": model})["factor_vae"]
        losses[aim] = float(learner.loss(batch, batch, (1, 0))[0].detach())
    assert 0 < divergence < 25
    assert losses[25.0] - losses[0.0] == pytest.approx(25 - 2 * divergence, rel=1e-4)
    assert losses[1e-9] == pytest.approx(losses[0.0], rel=1e-6)


def test_a_capacity_needs_to_know_how_many_steps_an_epoch_has() -> None:
    holes = DATASET | {"drop": [{"shape": 0, "scale": 3}]}
    spec = {"dataset": holes, "held_out": ["shape", "scale"], "batch_size": 4}
    with pytest.raises(ConfigError, match="set capacity: 0 or leave held_out out"):
        run_of("factor_vae", capacity=25.0, **spec)


def test_permuted_codes_keep_their_columns_and_not_their_rows() -> None:
    codes = torch.arange(200.0)[:, None] + torch.tensor([0.0, 1000.0, 2000.0])
    found = permuted(codes, np.random.default_rng(1))
    torch.testing.assert_close(found.sort(0).values, codes)
    rows = found - torch.tensor([0.0, 1000.0, 2000.0])
    together = [(rows[:, a] == rows[:, b]).sum() for a, b in pairwise((0, 1, 2))]
    assert all(
        count <= 6 for count in together
    )  # a random permutation has 1 fixed point, more than 6 with p = 8e-5


def test_the_discriminator_estimates_the_total_correlation_of_a_gaussian() -> None:
    """Codes with correlation 0.8 of two of three: -log det R / 2 = 0.511 nats.

    The mean log odds of 20,000 codes have a standard error of 0.005 (the log density ratio has an
    sd of 0.8); what a small discriminator misses after 600 steps is larger: 1, 4 and 7 % of the
    value for three other seeds.
    """
    correlation = np.array([[1, 0.8, 0], [0.8, 1, 0], [0, 0, 1]])
    expected = -0.5 * np.log(np.linalg.det(correlation))
    draw = np.random.default_rng(5)
    factor = np.linalg.cholesky(correlation).T
    discriminator = make_discriminator(3, (64, 64))
    initialise(discriminator, "pytorch", 1, "discriminator")
    optimiser = torch.optim.Adam(discriminator.parameters(), lr=2e-3)
    for step in range(600):
        codes = torch.from_numpy((draw.standard_normal((512, 3)) @ factor).astype(np.float32))
        optimiser.zero_grad()
        discriminator_loss(discriminator, codes, 1, (0, step)).backward()
        optimiser.step()
    fresh = torch.from_numpy((draw.standard_normal((20_000, 3)) @ factor).astype(np.float32))
    with torch.no_grad():
        found = float(total_correlation(discriminator(fresh)))
    assert found == pytest.approx(expected, rel=0.1)


def test_a_discriminator_that_knows_the_densities_gives_the_total_correlation() -> None:
    """Its log odds are then the log ratio of the densities.

    Their mean is the total correlation (Sugiyama 2012).
    """
    draw = torch.Generator().manual_seed(3)
    joint = torch.distributions.MultivariateNormal(
        torch.zeros(2), torch.tensor([[1.0, 0.6], [0.6, 1.0]])
    )
    white = torch.randn(50_000, 2, generator=draw)
    codes = white @ joint.scale_tril.T
    logits = torch.stack([joint.log_prob(codes), Normal(0.0, 1.0).log_prob(codes).sum(1)], 1)
    ratio_spread = float((logits[:, 0] - logits[:, 1]).std())
    expected = -0.5 * np.log(1 - 0.6**2)
    assert float(total_correlation(logits)) == pytest.approx(
        expected, abs=4 * ratio_spread / 50_000**0.5
    )


@pytest.mark.slow
@every_kind
@pytest.mark.parametrize("stop", [1, 4, 5, 8])
def test_resuming_gives_the_same_bytes(
    kind: str, stop: int, images: Images, tmp_path: Path
) -> None:
    run = run_of(kind)
    undisturbed, progress = trained(run, images, tmp_path / "a")
    with pytest.raises(KeyboardInterrupt):
        trained(run, images, tmp_path / "b", checkpoint_seconds=0, observe=kill_at(stop))
    resumed, again = trained(run, images, tmp_path / "b")
    assert resumed == undisturbed
    assert again.history == progress.history


def kill_at(stop: int) -> training.Observer:
    """An observer that stops the loop after that many steps, as a kill would: without saving."""
    seen: list[int] = []

    def observe(step: training.Step) -> None:
        seen.append(step.images)
        if len(seen) == stop:
            raise KeyboardInterrupt

    return observe


@pytest.mark.slow
@every_kind
def test_training_is_a_function_of_the_spec(kind: str, images: Images, tmp_path: Path) -> None:
    first, second = (trained(run_of(kind), images, tmp_path / name)[0] for name in "ab")
    other, _ = trained(run_of(kind, seed=2), images, tmp_path / "c")
    assert first == second
    assert all(first[key] != other[key] for key in first)


@pytest.mark.slow
@every_kind
def test_training_lowers_the_loss(kind: str, images: Images, tmp_path: Path) -> None:
    _, progress = trained(run_of(kind, epochs=12, learning_rate=1e-3), images, tmp_path)
    losses = [row["train_loss"] for row in progress.history]
    assert losses[-1] < 0.8 * losses[0]


@every_kind
def test_a_diverged_network_stops_and_is_said_to(kind: str, images: Images, tmp_path: Path) -> None:
    broken = Images(images.pixels, 0, None)  # 0 / 0 wherever the image is black
    _, progress = trained(run_of(kind), broken, tmp_path)
    assert progress.diverged == [kind]
    assert [(row["epoch"], row["train_loss"]) for row in progress.history] == [(1, None)]


@every_kind
def test_bf16_computes_the_same_loss_within_its_precision(
    kind: str, images: Images, tmp_path: Path
) -> None:
    full, half = (
        trained(run_of(kind, epochs=1, precision=precision), images, tmp_path / precision)[
            1
        ].history[0]["train_loss"]
        for precision in ("fp32", "bf16")
    )
    assert half == pytest.approx(full, rel=2**-8)  # bf16 keeps 8 bits
    assert half != full


def test_codes_are_those_of_the_encoder(images: Images) -> None:
    for kind in KINDS:
        model = networks_of(run_of(kind), images)[kind]
        batch = images.batch(torch.arange(5))
        torch.testing.assert_close(model.codes(batch), model.encoder(batch)[:, :3])


def test_a_checkpoint_holds_the_discriminator_too(images: Images) -> None:
    model = networks_of(run_of("factor_vae"), images)["factor_vae"]
    assert isinstance(model, FactorVariationalAutoencoder)
    assert {name.partition(".")[0] for name, _ in model.named_parameters()} == {
        "encoder",
        "decoder",
        "discriminator",
    }
