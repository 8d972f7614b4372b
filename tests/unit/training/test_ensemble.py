"""Networks trained as one stack: each equals its solo run, harms no other, and resumes to the same
bytes.
"""

from pathlib import Path
from typing import Any

import pytest
import torch
from helpers.small_study import spec_of
from helpers.training_runs import kill_at, networks_of, trained, weights
from torch import Tensor, nn

from mtdis.errors import ConfigError
from mtdis.specs.run import Run
from mtdis.training import loop as training
from mtdis.training.batches import Images
from mtdis.training.ensemble import StackedNetwork, ensemble_of
from mtdis.training.run import load

STEPS = 5


@pytest.fixture
def images(data: Path) -> Images:
    return load(data / "d.json", data / "t.json", torch.device("cpu"))


def difference(found: Tensor, expected: Tensor) -> float:
    """Largest difference, relative to the largest value expected."""
    return float((found - expected).detach().abs().max() / expected.detach().abs().max())


def side_by_side(
    dtype: torch.dtype, **fields: Any
) -> tuple[dict[str, Any], dict[str, Any], list[tuple[Tensor, Tensor]], Tensor]:
    """The networks after some steps, solo and stacked; the losses (T,) of each step, likewise.

    The last images.
    """
    run = Run.from_fields(
        spec_of(
            "single_task",
            dataset={"name": "dsprites_rendered", "image_size": 16},
            head_layers=[30, 30],
            **fields,
        )
    )
    both = [
        {
            name: model.to(dtype)
            for name, model in training.build(run, (16, 16, 3), torch.device("cpu")).items()
        }
        for _ in range(2)
    ]
    for model in (*both[0].values(), *both[1].values()):
        model.task_weights.copy_(torch.tensor([0.5, 3.0, 2.0]))
    solo = training.learners_of(run, both[0])
    stack = ensemble_of(
        run.model_copy(update={"fused": "stacked"}), training.learners_of(run, both[1])
    )
    generator, losses = torch.Generator().manual_seed(0), []
    for step in range(STEPS):
        pixels = (
            torch.rand(32, 16, 16, 3, generator=generator, dtype=torch.float64)
            .to(dtype)
            .permute(0, 3, 1, 2)
        )
        targets = torch.randn(32, 3, generator=generator, dtype=torch.float64).to(dtype)
        alone = torch.stack([learner.step(pixels, targets, (0, step)) for learner in solo.values()])
        losses.append((stack.learners[0][0].step(pixels, targets, (0, step)), alone))
    stack.hand_back()
    return both[0], both[1], losses, pixels


SGD: dict[str, Any] = {"optimiser": "sgd"}
MOMENTUM: dict[str, Any] = SGD | {"momentum": 0.9}


@pytest.mark.parametrize(
    "fields",
    [
        *({}, {"weight_decay": 3.0}, SGD, MOMENTUM, {"encoder_activation": "tanh"}),
        {"latent_activation": "relu"},
        {"code_penalty": 0.5},
        {"code_noise": 0.5},
        {"task_weighting": "variance"},
    ],
)
def test_each_member_equals_its_solo_run_in_fp64(fields: dict[str, Any]) -> None:
    solo, stacked, losses, pixels = side_by_side(torch.float64, **fields)
    assert max(difference(a, b) for a, b in losses) <= 1e-12
    pairs = [zip(stacked[n].parameters(), solo[n].parameters(), strict=True) for n in solo]
    assert max(difference(a, b) for pair in pairs for a, b in pair) <= 1e-12
    assert max(difference(stacked[n].codes(pixels), solo[n].codes(pixels)) for n in solo) <= 1e-12
    if fields:
        plain, *_ = side_by_side(torch.float64)
        assert difference(stacked["task1"].codes(pixels), plain["task1"].codes(pixels)) > 0.001


def test_the_losses_of_each_member_equal_those_of_its_solo_run_in_fp32() -> None:
    """Losses of 5 steps: Adam's first steps are the gradients' signs, so that single weights follow
    rounding.
    """
    _, _, losses, _ = side_by_side(torch.float32)
    assert max(difference(a, b) for a, b in losses) <= 1e-6


def test_networks_differ_from_each_other_and_from_the_start() -> None:
    solo, stacked, losses, _ = side_by_side(torch.float64)
    assert len(
        {model.encoder[0].weight.detach().numpy().tobytes() for model in stacked.values()}
    ) == len(solo)
    assert difference(losses[-1][0], losses[0][0]) > 0.01


def test_heads_outside_the_loss_do_not_move(images: Images, tmp_path: Path) -> None:
    run = Run.from_fields(spec_of("single_task", fused="stacked"))
    before = networks_of(run, images)
    after, _ = trained(run, images, tmp_path)
    for task, name in enumerate(before):
        for a, b in zip(
            before[name].heads.parameters(), after[name].heads.parameters(), strict=True
        ):
            assert [torch.equal(x, y) for x, y in zip(a, b, strict=True)] == [
                head != task for head in range(3)
            ]


def test_a_stacked_training_follows_the_solo_one(images: Images, tmp_path: Path) -> None:
    _, solo = trained(Run.from_fields(spec_of("single_task")), images, tmp_path / "solo")
    _, stacked = trained(
        Run.from_fields(spec_of("single_task", fused="stacked")), images, tmp_path / "stacked"
    )
    assert [(r["network"], r["epoch"]) for r in stacked.history] == [
        (r["network"], r["epoch"]) for r in solo.history
    ]
    for a, b in zip(stacked.history, solo.history, strict=True):
        assert a["train_loss"] == pytest.approx(b["train_loss"], rel=1e-5)


@pytest.mark.parametrize(
    ("stop", "fields"),
    [
        *((1, {}), (4, {}), (5, {}), (8, {}), (4, SGD), (5, MOMENTUM), (8, MOMENTUM)),
        (5, {"code_noise": 0.5, "code_penalty": 0.1, "task_weighting": "variance"}),
    ],
)
def test_resuming_gives_the_same_bytes(
    stop: int, fields: dict[str, Any], images: Images, tmp_path: Path
) -> None:
    run = Run.from_fields(spec_of("single_task", fused="stacked", **fields))
    undisturbed, progress = trained(run, images, tmp_path / "a")
    for step in kill_at(stop):
        with pytest.raises(KeyboardInterrupt):
            trained(run, images, tmp_path / "b", checkpoint_seconds=0, observe=step)
    resumed, again = trained(run, images, tmp_path / "b")
    assert weights(resumed) == weights(undisturbed)
    assert again.history == progress.history


@pytest.mark.parametrize("bad", [float("inf"), float("nan")])
def test_a_diverged_member_harms_no_other(bad: float, images: Images, tmp_path: Path) -> None:
    healthy, expected = trained(
        Run.from_fields(spec_of("single_task", fused="stacked", epochs=1)), images, tmp_path / "a"
    )
    _, longer = trained(
        Run.from_fields(spec_of("single_task", fused="stacked")), images, tmp_path / "b"
    )
    images.targets[:, 1] *= bad  # the second task alone can't be learned
    broken, progress = trained(
        Run.from_fields(spec_of("single_task", fused="stacked", epochs=1)), images, tmp_path / "c"
    )
    assert progress.diverged == ["task2"]
    assert expected.diverged == []
    for name in ("task1", "task3"):
        assert weights({"n": broken[name]}) == weights({"n": healthy[name]})
    _, after = trained(
        Run.from_fields(spec_of("single_task", fused="stacked")), images, tmp_path / "d"
    )
    found = {(r["network"], r["epoch"]): r["train_loss"] for r in after.history}
    wanted = {
        (r["network"], r["epoch"]): r["train_loss"]
        for r in longer.history
        if r["network"] != "task2"
    }
    assert found == {("task2", 1): None} | {
        k: pytest.approx(v, rel=1e-5) for k, v in wanted.items()
    }


def test_a_stack_after_a_divergence_resumes_to_the_same_bytes(
    images: Images, tmp_path: Path
) -> None:
    images.targets[:, 1] *= float("inf")
    run = Run.from_fields(spec_of("single_task", fused="stacked"))
    undisturbed, _ = trained(run, images, tmp_path / "a")
    for step in kill_at(6):
        with pytest.raises(KeyboardInterrupt):
            trained(run, images, tmp_path / "b", checkpoint_seconds=0, observe=step)
    resumed, progress = trained(run, images, tmp_path / "b")
    assert progress.diverged == ["task2"]
    assert weights(resumed) == weights(undisturbed)


def test_a_layer_that_cannot_be_stacked_is_named(images: Images) -> None:
    models = list(networks_of(Run.from_fields(spec_of("single_task")), images).values())
    for model in models:
        model.encoder[1] = nn.Softplus()
    with pytest.raises(TypeError, match="Softplus can't be stacked; set fused: none"):
        StackedNetwork(models, [0, 1, 2])


def test_a_stack_needs_one_batch_for_all() -> None:
    with pytest.raises(ConfigError, match="set batch_order: shared or fused: none"):
        Run.from_fields(spec_of("single_task", fused="stacked", batch_order="own"))
