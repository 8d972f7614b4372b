"""Noise on codes, the cost of their size, weights of tasks, and factors as targets."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from helpers.small_study import FIELDS, LEARNING, spec_of, train
from helpers.training_runs import networks_of
from torch import Tensor

from mtdis.artifacts import datasets
from mtdis.data.split import split_rows
from mtdis.specs.run import Run
from mtdis.training import loop as training
from mtdis.training.batches import Images
from mtdis.training.loss_terms import noise_like
from mtdis.training.run import load

KINDS = ["multi_head", "one_head", "single_task"]
MOMENT = (1, 2)


@pytest.fixture
def images(data: Path) -> Images:
    return load(data / "d.json", data / "t.json", torch.device("cpu"))


def loss_of(images: Images, kind: str, **fields: Any) -> tuple[Tensor, Any, Tensor, Tensor]:
    """The loss of the last network of a run on some images; the network, images and targets."""
    run: Any = Run.from_fields(spec_of(kind, **fields))
    networks = networks_of(run, images)
    training.fit(run, networks, images, split_rows(96)["train"])
    name, model = list(networks.items())[-1]
    learner = training.learners_of(run, networks)[name]
    batch = images.examples(torch.arange(40))
    loss = learner.loss(*batch, *([MOMENT] if learner.draws_noise else []))
    assert isinstance(loss, Tensor)
    return loss.detach(), model, *batch


@pytest.mark.parametrize("kind", KINDS)
def test_the_size_of_the_codes_is_added_to_the_loss(kind: str, images: Images) -> None:
    plain, model, batch, _ = loss_of(images, kind)
    found, *_ = loss_of(images, kind, code_penalty=0.5)
    expected = np.abs(model.codes(batch).detach().numpy()).sum(axis=1).mean()
    assert float(found - plain) == pytest.approx(0.5 * float(expected), rel=1e-4)


@pytest.mark.parametrize("kind", KINDS)
def test_each_task_counts_by_its_variance(kind: str, images: Images) -> None:
    """On the training split; a target that is constant there counts as it is."""
    assert images.targets is not None
    images.targets[:, 0] = 3.0
    found, model, batch, targets = loss_of(images, kind, task_weighting="variance")
    train = images.targets.numpy()[split_rows(96)["train"]].astype(float)
    errors = ((model.predict(batch) - targets).detach().numpy() ** 2).mean(axis=0)
    shares = errors / np.where(train.var(axis=0) > 0, train.var(axis=0), 1)
    expected = {"multi_head": shares.sum(), "one_head": shares.mean(), "single_task": shares[2]}
    assert float(found) == pytest.approx(float(expected[kind]), rel=1e-5)


@pytest.mark.parametrize("kind", KINDS)
def test_heads_are_given_noisy_codes_in_training_alone(kind: str, images: Images) -> None:
    found, model, batch, targets = loss_of(images, kind, code_noise=0.5)
    with torch.no_grad():
        codes = model.codes(batch)
        noisy = codes + 0.5 * noise_like(codes, 1, MOMENT)
        errors = (model.heads(noisy) - targets).square().mean(0)
    expected = {"multi_head": errors.sum(), "one_head": errors.mean(), "single_task": errors[2]}
    torch.testing.assert_close(found, expected[kind])
    assert torch.equal(model.codes(batch), loss_of(images, kind)[1].codes(batch))


def test_the_codes_of_a_relu_are_not_negative(images: Images) -> None:
    _, model, batch, _ = loss_of(images, "multi_head", latent_activation="relu")
    _, plain, *_ = loss_of(images, "multi_head")
    torch.testing.assert_close(model.codes(batch), plain.codes(batch).clamp(min=0))
    assert "task_weights" not in model.state_dict()


def test_the_factors_are_learned(data: Path, tmp_path: Path) -> None:
    """Those that vary, standardised, each by a head of its own, to the test split."""
    fields = {k: v for k, v in LEARNING.items() if k != "tasks"}
    fields |= {"kind": "supervised", "epochs": 60, "learning_rate": 3e-3}
    assert train(data, tmp_path / "run.json", fields) == 0
    (network,) = json.loads((tmp_path / "run.json").read_text())["result"]["networks"]
    values = datasets.read_dataset(data / "d.json", "values")
    varying = (values.std(axis=0) > 0).sum()
    assert len(network["losses"]["train"]["mse"]) == varying
    assert np.mean(network["losses"]["train"]["r2"]) > 0.5
    run = Run.from_fields(FIELDS | {"kind": "supervised", "batch_size": 16})
    targets = training._kind(run).targets_of_factors(run, values)
    np.testing.assert_allclose(targets.mean(axis=0), 0, atol=1e-6)
    np.testing.assert_allclose(targets.std(axis=0), 1, atol=1e-6)
