"""Gradient descent from codes Z and from Z·R ends in codes Z and Z·R; Adam's does not, nor does
any with a non-linearity or an absolute value on the codes.

The encoder ends in a linear layer and each head begins with one, so losses and gradients keep to
the rotation, and a step that treats all directions alike does, too (float64).
"""

from typing import Any

import numpy as np
import pytest
import torch
from helpers.small_study import spec_of
from scipy.stats import kstest, ortho_group
from torch import Tensor

from mtdis.specs.run import Run
from mtdis.training import loop as training
from mtdis.training import loss_terms
from mtdis.training.loss_terms import noise_like
from mtdis.training.networks import Heads, initialise_encoder, initialise_heads, make_encoder

STEPS = 30
GRADIENT_DESCENT: list[dict[str, Any]] = [
    {"optimiser": "sgd"},
    {"optimiser": "sgd", "momentum": 0.9},
    {"optimiser": "sgd", "momentum": 0.9, "weight_decay": 3.0},
]


def rotated(model: Any, rotation: Tensor) -> None:
    """Turn the codes of a network by R in place, and its heads so that they predict the same."""
    last = next(layer for layer in reversed(model.encoder) if hasattr(layer, "weight"))
    last.weight.copy_(rotation @ last.weight)
    last.bias.copy_(rotation @ last.bias)
    first = model.heads.weights[0]  # (heads, D, hidden)
    first.copy_(rotation @ first)


def turned_noise(rotation: Tensor) -> Any:
    """Noise of the same distribution: that of the training, turned as the codes are."""
    return lambda codes, seed, moment: noise_like(codes, seed, moment).to(codes) @ rotation.T


def trained_twice(kind: str, **fields: Any) -> tuple[Tensor, Tensor, Tensor]:
    """Codes (B, D) before training, after it, and after it from rotated codes, turned back.

    Noise on the codes is turned, too.
    """
    run = Run.from_fields(spec_of(kind, learning_rate=0.02, initialisation="gaussian", **fields))
    rotation = torch.from_numpy(ortho_group.rvs(run.code_count, random_state=3))
    rng = torch.Generator().manual_seed(0)
    images = torch.rand(32, 3, 8, 8, generator=rng, dtype=torch.float64)
    targets = torch.randn(32, 3, generator=rng, dtype=torch.float64)
    found = []
    for turned in (False, True):
        networks = training.build(run, (8, 8, 3), torch.device("cpu"))
        model: Any = next(iter(networks.values())).double()
        with torch.no_grad():
            start = model.codes(images)
            if turned:
                rotated(model, rotation)
            model.task_weights.copy_(torch.tensor([0.5, 1.0, 2.0]))
        learner = next(iter(training.learners_of(run, networks).values()))
        with pytest.MonkeyPatch.context() as patch:
            by = rotation if turned else torch.eye(len(rotation), dtype=torch.float64)
            patch.setattr(loss_terms, "noise_like", turned_noise(by))
            for step in range(STEPS):
                learner.step(images, targets, (0, step))
        with torch.no_grad():
            found.append(model.codes(images))
    return start, found[0], found[1] @ rotation


@pytest.mark.parametrize("kind", ["multi_head", "one_head", "single_task"])
@pytest.mark.parametrize("fields", GRADIENT_DESCENT)
def test_gradient_descent_keeps_to_a_rotation_of_the_codes(
    kind: str, fields: dict[str, Any]
) -> None:
    start, codes, turned_back = trained_twice(kind, **fields)
    torch.testing.assert_close(turned_back, codes, rtol=0, atol=1e-10)
    assert float((codes - start).abs().max()) > 1e-3  # it has learned something


@pytest.mark.parametrize("fields", [{"code_noise": 0.3}, {"task_weighting": "variance"}])
def test_so_it_does_with_what_treats_all_directions_alike(fields: dict[str, Any]) -> None:
    start, codes, turned_back = trained_twice("multi_head", optimiser="sgd", **fields)
    torch.testing.assert_close(turned_back, codes, rtol=0, atol=1e-10)
    plain = trained_twice("multi_head", optimiser="sgd")[1]
    assert float((codes - plain).abs().max()) > 1e-4 * float((codes - start).abs().max())


@pytest.mark.parametrize("fields", [{"latent_activation": "relu"}, {"code_penalty": 0.1}])
def test_it_does_not_with_what_knows_the_axes(fields: dict[str, Any]) -> None:
    _, codes, turned_back = trained_twice("multi_head", optimiser="sgd", **fields)
    assert float((codes - turned_back).abs().max()) > 1e-3 * float(codes.std())


def test_adam_does_not() -> None:
    _, codes, turned_back = trained_twice("multi_head")
    assert float((codes - turned_back).abs().max()) > 0.1 * float(codes.std())


def test_what_touches_the_codes_starts_as_likely_after_any_rotation() -> None:
    """Independent normal rows of one width: weights and bias of the last layer of the encoder, and
    of the first layer of heads.
    """
    latent, hidden, seeds = 8, 300, 40
    encoders, heads = [], []
    for seed in range(seeds):
        encoder, head = make_encoder(1, 64, latent), Heads(2, 1, latent, (hidden,), "tanh")
        initialise_encoder(encoder, "gaussian", seed)
        initialise_heads(head, "gaussian", seed)
        encoders.append([p.detach().numpy() for p in encoder[-1].parameters()])
        heads.append(head.weights[0].detach().numpy())
    wide, narrow = 1 / np.sqrt(3 * latent), 1 / np.sqrt(3 * 256)
    drawn = (
        (np.concatenate([weight.ravel() for weight, _ in encoders]), narrow),
        (np.concatenate([bias for _, bias in encoders]), narrow),
        (np.concatenate(heads).ravel(), wide),
    )
    for values, width in drawn:
        assert kstest(values / width, "norm").pvalue > 0.01
