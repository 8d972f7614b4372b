"""The settings of the optimiser, each against plain PyTorch or a closed form."""

from pathlib import Path
from typing import Any

import pytest
import torch
from helpers.small_study import FIELDS, spec_of
from helpers.training_runs import networks_of, trained
from torch import Tensor, nn

from mtdis.data.split import split_rows
from mtdis.errors import ConfigError
from mtdis.randomness import generator
from mtdis.specs.ids import full_id, identify
from mtdis.specs.run import Run
from mtdis.specs.stage import Stage
from mtdis.training import loop as training
from mtdis.training.batches import Images
from mtdis.training.learner import Learner, ParameterGroup
from mtdis.training.run import load

DECAY: dict[str, Any] = {"learning_rate": 1e-3, "weight_decay": 20.0}
AUTOENCODING: dict[str, Any] = FIELDS | {"epochs": 2, "batch_size": 16, "latent_size": 3}
SPECS: dict[str, dict[str, Any]] = {
    kind: spec_of(kind) for kind in ("multi_head", "one_head", "single_task")
} | {
    "autoencoder": AUTOENCODING | {"kind": "autoencoder"},
    "vae": AUTOENCODING | {"kind": "vae"},
    "factor_vae": AUTOENCODING
    | {"kind": "factor_vae", "discriminator_layers": [20], "discriminator_learning_rate": 1e-3},
}


@pytest.fixture
def images(data: Path) -> Images:
    return load(data / "d.json", data / "t.json", torch.device("cpu"))


def plainly_trained(run: Any, images: Images) -> dict[str, nn.Module]:
    """The networks trained by PyTorch's AdamW or SGD on the losses of the kind, group by group."""
    networks = networks_of(run, images)
    for name, learner in training.learners_of(run, networks).items():
        modules = [group.module for group in learner.groups]
        rates = [run.learning_rate, getattr(run, "discriminator_learning_rate", None)]
        optimisers = [
            torch.optim.SGD(module.parameters(), lr=rate, momentum=run.momentum)
            if run.optimiser == "sgd"
            else torch.optim.AdamW(module.parameters(), lr=rate, weight_decay=run.weight_decay)
            for module, rate in zip(modules, rates, strict=False)
        ]
        rows = split_rows(len(images.pixels))["train"]
        for epoch in range(run.epochs):
            order = generator(run.seed, "batches", epoch).permutation(rows)
            for step in range(len(rows) // run.batch_size):
                batch = torch.from_numpy(order[step * run.batch_size :][: run.batch_size])
                moment = [(epoch, step)] if learner.draws_noise else []
                found = learner.loss(*images.examples(batch), *moment)
                losses = found if isinstance(found, tuple) else (found,)
                gradients = [
                    torch.autograd.grad(loss, list(module.parameters()), retain_graph=True)
                    for loss, module in zip(losses, modules, strict=True)
                ]
                for module, values in zip(modules, gradients, strict=True):
                    for parameter, value in zip(module.parameters(), values, strict=True):
                        parameter.grad = value
                for optimiser in optimisers:
                    optimiser.step()
        assert name in networks
    return networks


@pytest.mark.slow
@pytest.mark.parametrize("kind", [kind for kind in SPECS if kind != "single_task"])
def test_weight_decay_is_that_of_adamw(kind: str, images: Images, tmp_path: Path) -> None:
    if "tasks" not in SPECS[kind]:
        images = Images(images.pixels, images.white, None)
    run = Run.from_fields(SPECS[kind] | DECAY)
    found, expected = trained(run, images, tmp_path / "a")[0], plainly_trained(run, images)
    without, _ = trained(
        Run.from_fields(SPECS[kind] | DECAY | {"weight_decay": 0}), images, tmp_path / "b"
    )
    for name, model in expected.items():
        for (key, value), wanted, other in zip(
            found[name].named_parameters(),
            model.parameters(),
            without[name].parameters(),
            strict=True,
        ):
            torch.testing.assert_close(value, wanted, rtol=1e-3, atol=1e-4, msg=key)
            assert not torch.allclose(value, other, rtol=1e-2, atol=1e-4), key


@pytest.mark.parametrize("kind", ["multi_head", "factor_vae"])
@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_gradient_descent_is_pytorchs(
    kind: str, momentum: float, images: Images, tmp_path: Path
) -> None:
    """Of both groups where there are two, each at its own rate."""
    if "tasks" not in SPECS[kind]:
        images = Images(images.pixels, images.white, None)
    slow = {"learning_rate": 1e-4, "optimiser": "sgd", "momentum": momentum}
    run = Run.from_fields(SPECS[kind] | slow)
    start, expected = networks_of(run, images)[kind], plainly_trained(run, images)[kind]
    found = trained(run, images, tmp_path)[0][kind]
    for value, wanted, before in zip(
        found.parameters(), expected.parameters(), start.parameters(), strict=True
    ):
        torch.testing.assert_close(value, wanted, rtol=1e-4, atol=1e-6)
        assert not torch.equal(value, before)


@pytest.mark.parametrize("cls", [Run, Stage], ids=["run", "stage"])
def test_adam_with_momentum_is_refused(cls: Any) -> None:
    fields = {"stage": "decoder", "parent": spec_of("random"), "network": "random"}
    spec = fields | {"batch_size": 16} if cls is Stage else spec_of("multi_head")
    with pytest.raises(ConfigError, match=r"momentum .* is read by optimiser 'sgd' only"):
        cls.from_fields(spec | {"momentum": 0.9})
    assert cls.from_fields(spec | {"momentum": 0.9, "optimiser": "sgd"}).momentum == 0.9


def test_only_the_own_head_of_a_single_task_decays(images: Images, tmp_path: Path) -> None:
    """PyTorch's AdamW on the encoder and all heads; then the others, which enter no loss, are as at
    the start.
    """
    run = Run.from_fields(SPECS["single_task"] | DECAY)
    start, expected = networks_of(run, images), plainly_trained(run, images)
    found, _ = trained(run, images, tmp_path)
    for task, name in enumerate(found):
        torch.testing.assert_close(
            found[name].encoder.state_dict(),
            expected[name].encoder.state_dict(),
            rtol=1e-3,
            atol=1e-5,
        )
        for value, wanted, before in zip(
            *(networks[name].heads.parameters() for networks in (found, expected, start)),
            strict=True,
        ):
            torch.testing.assert_close(value[task], wanted[task], rtol=1e-3, atol=1e-5)
            others = [other for other in range(len(value)) if other != task]
            assert torch.equal(value[others], before[others])
            assert not torch.equal(wanted[others], before[others])


def resting(**fields: Any) -> Learner:
    """A learner of two parameter groups whose losses have no slope."""
    groups = (nn.Linear(3, 2), nn.Linear(2, 1))

    def losses(inputs: Tensor, _targets: Tensor) -> tuple[Tensor, Tensor]:
        first, second = (0 * sum(p.sum() for p in group.parameters()) for group in groups)
        return inputs.sum() + first, second

    decoder: dict[str, Any] = {"stage": "decoder", "parent": spec_of("random"), "network": "random"}
    spec: Any = Stage.from_fields(decoder | {"batch_size": 16} | fields)
    return Learner(
        spec,
        nn.ModuleList(groups),
        losses,
        [ParameterGroup(groups[0]), ParameterGroup(groups[1], 0.2)],
    )


def test_without_a_gradient_weights_shrink_by_rate_times_decay() -> None:
    """(1 - rate λ) per step, the rate halved after every second epoch; each group by its own."""
    learner = resting(learning_rate=0.1, halve_every=2, weight_decay=0.5)
    before = [p.detach().clone() for p in learner.module.parameters()]
    for epoch in range(5):
        learner.begin_epoch(epoch)
        assert learner.step(torch.ones(1), torch.ones(1), (epoch, 0)) == 1
    shrunk = [
        torch.tensor([1 - rate * 0.5 * 0.5 ** (epoch // 2) for epoch in range(5)]).prod()
        for rate in (0.1, 0.1, 0.2, 0.2)
    ]
    for value, start, factor in zip(learner.module.parameters(), before, shrunk, strict=True):
        torch.testing.assert_close(value.detach(), factor * start)


def test_without_decay_weights_without_a_gradient_stay() -> None:
    learner = resting()
    before = [p.detach().clone() for p in learner.module.parameters()]
    learner.step(torch.ones(1), torch.ones(1), (0, 0))
    assert all(map(torch.equal, learner.module.parameters(), before))


def test_a_loss_that_draws_noise_without_saying_so_is_given_no_moment() -> None:
    """Else a graph would replay the noise of one moment at every step."""
    module = nn.Linear(2, 1)

    def loss(inputs: Tensor, targets: Tensor, moment: tuple[int, int]) -> Tensor:
        return (module(inputs) - targets + moment[1]).square().mean()

    run: Any = Run.from_fields(spec_of("multi_head"))
    batch = torch.ones(3, 2), torch.zeros(3, 1)
    with pytest.raises(TypeError, match="moment"):
        Learner(run, module, loss).step(*batch, (0, 1))
    assert Learner(run, module, loss, draws_noise=True).step(*batch, (0, 1)) > 0


@pytest.mark.parametrize(
    ("default", "other"),
    [
        ({"weight_decay": 0.0}, {"weight_decay": 0.01}),
        ({"optimiser": "adam", "momentum": 0.0}, {"optimiser": "sgd"}),
    ],
)
def test_defaults_leave_ids_as_they_were(default: dict[str, Any], other: dict[str, Any]) -> None:
    for spec in SPECS.values():
        plain = Run.from_fields(spec)
        assert identify(Run.from_fields(spec | default)) == identify(plain)
        ((name, value),) = other.items()
        assert f"{name}={value}" in full_id(Run.from_fields(spec | other))
