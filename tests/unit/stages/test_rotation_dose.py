"""The dose of rotation: turns of exactly the angle, heads beside plain PyTorch, and verdicts that
can be wrong.
"""

from typing import Any

import numpy as np
import pytest
import torch
from helpers.small_study import DATASET, TASKS, spec_of
from scipy.stats import kstest, page_trend_test
from torch import nn

from mtdis.data.factors import grid_rows
from mtdis.errors import ConfigError
from mtdis.randomness import generator
from mtdis.reporting.summaries.rotation_dose import Curve, falling_p, flat_p, verdict
from mtdis.specs.ids import full_id
from mtdis.specs.models.ground_truth import GroundTruth
from mtdis.specs.stage import Stage
from mtdis.stages._dose_arms import boosted_trees, trained_heads
from mtdis.stages._rotations import quarter_turn, random_orthogonal, turned_by, white_codes
from mtdis.stages.rotation_dose import dose, drawn, long_rows
from mtdis.training.networks import Heads, initialise_heads

ANGLES = (0.0, 30.0, 90.0)


def stage_of(**fields: Any) -> Any:
    run = {"kind": "ground_truth", "dataset": "dsprites_rendered", "seed": 1}
    small: dict[str, Any] = {"angles": ANGLES, "train_rows": [60], "test_rows": 40, "rotations": 2}
    spec = {"stage": "rotation_dose", "parent": run, "network": "ground_truth", "head_layers": [8]}
    return Stage.from_fields(spec | small | fields)


def uniform(rows: int = 400, codes: int = 4) -> Any:
    return np.random.default_rng(0).uniform(-1, 1, size=(rows, codes))


def turns(rotations: int, size: int, angles: tuple[float, ...] = ANGLES) -> Any:
    quarters = [quarter_turn(size, generator(j, "test")) for j in range(rotations)]
    return np.array([[turned_by(angle, j) for j in quarters] for angle in angles])


# ---- rotations


@pytest.mark.parametrize("angle", [0, 5, 45, 90])
@pytest.mark.parametrize("size", [2, 6, 8])
def test_every_vector_is_turned_by_exactly_the_angle(size: int, angle: float) -> None:
    rng = generator(3, "vectors")
    rotation, vectors = turned_by(angle, quarter_turn(size, rng)), rng.normal(size=(50, size))
    turned = vectors @ rotation.T
    lengths = np.linalg.norm(vectors, axis=1)
    np.testing.assert_allclose(np.linalg.norm(turned, axis=1), lengths)
    cosines = (vectors * turned).sum(axis=1) / lengths**2
    np.testing.assert_allclose(cosines, np.cos(np.deg2rad(angle)), atol=1e-12)


def test_planes_are_drawn_from_the_haar_distribution() -> None:
    """A column is uniform on the sphere: of size 3, each of its entries is uniform on −1..1
    (Archimedes).
    """
    drawn = np.array([random_orthogonal(3, generator(seed, "haar")) for seed in range(400)])
    for row, column in ((0, 0), (2, 0), (1, 2)):
        assert kstest(drawn[:, row, column], "uniform", args=(-1, 2)).pvalue > 0.01


def test_white_codes_have_unit_covariance_and_the_axes_of_the_codes() -> None:
    codes = uniform() * [1, 5, 0.01, 3]
    white = white_codes(codes, generator(1, "filling"))
    np.testing.assert_allclose(white.T @ white / len(white), np.eye(4), atol=1e-9)
    correlations = np.corrcoef(codes.T, white.T)[:4, 4:]
    assert (np.diag(correlations) > 0.98).all()


def test_a_column_of_noise_makes_odd_codes_even_and_constants_are_left_out() -> None:
    codes = np.column_stack([uniform(codes=3), np.full(400, 7.0)])
    white = white_codes(codes, generator(1, "filling"))
    assert white.shape == (400, 4)
    assert abs(np.corrcoef(white[:, 3], white[:, 0])[0, 1]) < 0.15
    with pytest.raises(ValueError, match="all codes are constant"):
        white_codes(np.ones((5, 3)), generator(1, "filling"))


def test_a_code_that_follows_from_others_is_left_out_of_the_whitening() -> None:
    codes = uniform(codes=3)
    white = white_codes(np.column_stack([codes, codes.sum(axis=1)]), generator(1, "filling"))
    assert np.isfinite(white).all()
    assert np.linalg.matrix_rank(white, tol=1e-6) == 3


# ---- arms


def plainly_trained(stage: Any, samples: Any, angle: int, j: int, task: int, arm: str) -> float:
    """R² of one head trained in ordinary PyTorch on the codes turned beforehand."""
    count = samples.targets.shape[2]
    stack = Heads(stage.rotations * count, 1, samples.codes.shape[2], stage.head_layers, "tanh")
    initialise_heads(stack, {"adam": "pytorch", "sgd": "gaussian"}[arm], stage.seed)
    layers: list[nn.Module] = []
    for weight, bias in zip(stack.weights, stack.biases, strict=True):
        linear = nn.Linear(*weight.shape[1:])
        linear.weight.data = weight.detach()[j * count + task].T.clone()
        linear.bias.data = bias.detach()[j * count + task, 0].clone()
        layers += [linear, nn.Tanh()]
    head = nn.Sequential(*layers[:-1])
    optimiser: Any = torch.optim.Adam(head.parameters(), 3e-3)
    if arm == "sgd":
        optimiser = torch.optim.SGD(head.parameters(), 0.05, momentum=0.9)
    turned, tested = (
        torch.from_numpy(codes[j] @ samples.rotations[angle, j].T).float()
        for codes in (samples.codes, samples.test_codes)
    )
    targets = torch.from_numpy(samples.targets[j, :, task]).float()
    rng = generator(stage.seed, "dose batches", len(turned))
    for step in range(stage.steps):
        for group in optimiser.param_groups:
            rate = 3e-3 if arm == "adam" else 0.05
            group["lr"] = rate * min(1, 2 * (1 - step / stage.steps))
        batch = torch.from_numpy(rng.integers(len(turned), size=(stage.rotations, 64))[j])
        optimiser.zero_grad()
        (head(turned[batch])[:, 0] - targets[batch]).square().mean().backward()
        optimiser.step()
    wanted = samples.test_targets[j, :, task]
    with torch.no_grad():
        errors = head(tested)[:, 0].double().numpy() - wanted
    return float(1 - np.mean(errors**2) / wanted.var())


@pytest.mark.parametrize("arm", ["adam", "sgd"])
def test_heads_of_all_angles_at_once_are_those_trained_one_by_one(arm: str) -> None:
    stage = stage_of(steps=25)
    white = white_codes(uniform(), generator(1, "filling"))
    targets = np.column_stack([np.sin(2 * white[:, 0]), white[:, 1] * white[:, 2]])
    samples = drawn(stage, white, targets, 60, turns(2, 4))
    found = trained_heads(stage, samples, arm)
    assert found.shape == (2, 3, 2)
    for j, angle, task in ((0, 0, 0), (1, 2, 1), (1, 1, 0)):
        expected = plainly_trained(stage, samples, angle, j, task, arm)
        assert found[j, angle, task] == pytest.approx(expected, abs=1e-4)


def test_rows_are_shared_by_all_angles_and_tests_are_other_rows() -> None:
    stage = stage_of(train_rows=[30, 60])
    white = np.arange(400.0)[:, None] * np.ones(4)  # a row says its number
    few, many = (drawn(stage, white, white[:, :1], size, turns(2, 4)) for size in (30, 60))
    assert (few.codes == many.codes[:, :30]).all()
    assert (few.test_codes == many.test_codes).all()
    for learned, tested in zip(many.codes[..., 0], many.test_codes[..., 0], strict=True):
        assert len({*learned, *tested}) == 100
    assert (many.codes[0] != many.codes[1]).any()


def test_trees_lose_what_lies_along_the_axes() -> None:
    """A step along one axis is one cut; a quarter turn spreads it over all axes."""
    stage = stage_of(train_rows=[300], test_rows=100)
    white = white_codes(uniform(), generator(1, "filling"))
    samples = drawn(stage, white, np.sign(white[:, :1]), 300, turns(2, 4))
    found = boosted_trees(stage, samples, "trees").mean(axis=(0, 2))
    assert found[0] > 0.95
    assert found[1] < found[0] - 0.1


def test_a_dose_of_factors_has_a_value_for_each_angle_and_falling_mig() -> None:
    parent = {"kind": "ground_truth", "dataset": DATASET, "seed": 1}
    stage = stage_of(parent=parent, train_rows=[20, 40], test_rows=30, steps=3)
    grid = GroundTruth.from_fields(parent).dataset.grid
    classes, values = grid_rows(grid, 0, grid.count)
    found = dose(stage, values, classes, values[:, 1:3])
    assert all(found[arm].shape == (2, 2, 3, 2) for arm in ("adam", "sgd", "trees"))
    assert found["mig"].shape == (2, 3)
    assert np.ptp(found["mig"][:, 0]) == 0  # at 0 degrees the planes do not matter
    assert found["mig"][0, 0] > 0.3 + found["mig"][:, 1:].max()
    rows = {row["key"]: row["value"] for row in long_rows(stage, found)}
    assert len(rows) == 3 * 2 * 3 + 3
    assert rows["sgd.40.30"] == pytest.approx(found["sgd"][1, :, 1].mean())
    assert rows["mig.90"] == pytest.approx(found["mig"][:, 2].mean())


# ---- what is refused


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"angles": [5, 10]}, r"angles ascend from 0"),
        ({"angles": [0, 20, 20]}, r"angles ascend from 0"),
        ({"angles": [0, 100]}, r"less than or equal to 90"),
        ({"train_rows": [800_000]}, r"800,040 images are wanted .* the dataset has 737,280"),
    ],
)
def test_what_makes_no_dose_is_refused_when_the_study_is_planned(
    fields: dict[str, Any], message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        stage_of(**fields)


def test_too_few_kept_codes_are_said() -> None:
    with pytest.raises(ConfigError, match=r"100 images, and the run keeps the codes of 90"):
        drawn(stage_of(), np.ones((90, 4)), np.ones((90, 1)), 60, turns(2, 4))


def test_it_stands_on_trained_networks_too_and_elides_its_defaults() -> None:
    parent = spec_of("multi_head", dataset="dsprites_rendered", batch_size=256)
    stage = Stage.from_fields(
        {"stage": "rotation_dose", "parent": parent, "network": "multi_head", "tasks": TASKS}
    )
    assert "angles" not in full_id(stage)


# ---- verdicts


DEGREES = np.array([0.0, 5, 10, 15, 20, 30, 45, 60, 90])


def curve(fall: float, noise: float, arm: str = "adam", sets: int = 10, seed: int = 0) -> Curve:
    """R² that falls by so much from 0 to 90 degrees."""
    rng = np.random.default_rng(seed)
    values = 0.9 - fall * DEGREES / 90 + noise * rng.normal(size=(sets, 9))
    return Curve(arm, 100, values, DEGREES)


def test_verdicts_are_flat_falling_or_neither() -> None:
    assert verdict(curve(0.0, 0.002)).startswith("flat within 0.01 (p")
    assert verdict(curve(0.05, 0.01)).startswith("falls (p")
    assert verdict(curve(0.0, 0.05)) == "neither shown"  # not significant is not flat
    assert verdict(curve(0.005, 0.001)).startswith("flat")  # it falls, by less than the margin
    assert verdict(curve(0.8, 0.01, "mig")).startswith("falls")
    assert verdict(curve(np.nan, 0.01)) == "not finite"


def test_a_change_at_the_margin_is_called_flat_at_most_as_often_as_the_level() -> None:
    """Of 400 curves that fall by exactly the margin, 5 % at most may be called flat."""
    called = [flat_p(curve(0.01, 0.002, seed=seed).values) <= 0.05 for seed in range(400)]
    assert np.mean(called) <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 400)


def test_without_a_trend_slopes_have_their_size_and_pages_ranks_have_not() -> None:
    """Heads that meet codes turned by φ are as heads turned by −φ: what a linear function of them
    gives is flat in law, and smooth. Of 400 such doses of 10 sets, 5 % may be called falling.
    """
    rng, angles = np.random.default_rng(0), np.deg2rad(DEGREES)
    called = []
    for _ in range(400):
        a, b = rng.normal(size=(2, 10, 1))
        values = 0.9 + 0.005 * (np.cos(angles) * a + np.sin(angles) * b)
        ranks = page_trend_test(values[:, ::-1]).pvalue
        called.append([falling_p(values, DEGREES) <= 0.05, ranks <= 0.05])
    slopes, pages = np.mean(called, axis=0)
    assert abs(slopes - 0.05) <= 3 * np.sqrt(0.05 * 0.95 / 400)
    assert pages > 0.15  # Page 1963 asks for independent values within a block
    rising = curve(-0.05, 0.01)
    assert falling_p(rising.values, DEGREES) > 0.95
