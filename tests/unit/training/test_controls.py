"""Controls without training: mixed factors, noise, and principal components of the images."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from helpers.small_study import DATASET, FIELDS, train
from helpers.training_runs import networks_of

from mtdis.artifacts import datasets, runs
from mtdis.data.split import split_rows
from mtdis.errors import ConfigError
from mtdis.specs.models.linear_mix import LinearMix
from mtdis.specs.run import Run
from mtdis.training import loop as training
from mtdis.training.batches import encode
from mtdis.training.models.linear_mix import codes_of_factors, mixing_matrix
from mtdis.training.models.pca import principal_components
from mtdis.training.run import load

RNG = np.random.Generator(np.random.PCG64(5))


def codes_of(data: Path, out: Path, **fields: Any) -> np.ndarray[Any, Any]:
    """The codes of a run that the command makes."""
    assert train(data, out / "run.json", FIELDS | fields) == 0
    return runs.read_codes(out / "run.json", fields["kind"])[0]


@pytest.mark.parametrize("matrix", ["normal", "rotation"])
@pytest.mark.parametrize("latent_size", [3, 9])
def test_mixed_factors_are_linear_in_the_factors(
    matrix: Any, latent_size: int, data: Path, tmp_path: Path
) -> None:
    """With the matrix's rank, constant factors without a part; another seed, another matrix."""
    fields = {"kind": "linear_mix", "matrix": matrix, "latent_size": latent_size}
    codes = codes_of(data, tmp_path / "a", **fields)
    values = datasets.read_dataset(data / "d.json", "values")
    varying = values[:, values.std(axis=0) > 0]
    with_mean = np.column_stack([varying, np.ones(len(varying))])
    _, residual, _, _ = np.linalg.lstsq(with_mean, codes, rcond=None)
    np.testing.assert_allclose(residual, 0, atol=1e-6 * len(codes))
    assert np.linalg.matrix_rank(codes, 1e-4) == min(latent_size, varying.shape[1])
    assert not np.allclose(codes, codes_of(data, tmp_path / "b", seed=2, **fields))


def test_a_rotation_keeps_lengths_and_angles_of_the_factors() -> None:
    values = RNG.standard_normal((50, 5))
    run = LinearMix.parse({"dataset": DATASET, "seed": 3, "matrix": "rotation", "latent_size": 7})
    codes = codes_of_factors(run, values)
    standard = (values - values.mean(axis=0)) / values.std(axis=0)
    np.testing.assert_allclose(codes @ codes.T, standard @ standard.T, atol=1e-4)


@pytest.mark.parametrize(("matrix", "variance"), [("normal", 1.0), ("rotation", 1 / 6)])
def test_the_entries_of_a_matrix_have_no_preferred_axis(matrix: Any, variance: float) -> None:
    """Over 400 seeds mean 0, equal variance, and no covariance between the codes of a factor."""
    fields = {"dataset": DATASET, "matrix": matrix, "latent_size": 6}
    drawn = [mixing_matrix(LinearMix.parse(fields | {"seed": s}), 4)[0] for s in range(400)]
    expected = variance * np.eye(6)
    np.testing.assert_allclose(np.cov(np.array(drawn).T), expected, atol=0.25 * variance)
    np.testing.assert_allclose(np.mean(drawn, axis=0), 0, atol=4 * np.sqrt(variance / 400))


def test_noise_is_normal_and_knows_no_factor(data: Path, tmp_path: Path) -> None:
    codes = codes_of(data, tmp_path / "a", kind="noise", latent_size=64)
    assert codes.shape == (96, 64)
    assert abs(codes.mean()) < 4 / np.sqrt(codes.size)
    assert abs(codes.std() - 1) < 4 / np.sqrt(2 * codes.size)
    assert not np.array_equal(codes, codes_of(data, tmp_path / "b", kind="noise", seed=2))


@pytest.mark.parametrize("shape", [(30, 9), (9, 30)], ids=["tall", "wide"])
def test_components_are_the_right_singular_vectors(shape: tuple[int, int]) -> None:
    table = RNG.standard_normal(shape) * np.arange(1, shape[1] + 1) + 3
    components, mean = principal_components(table, 4)
    _, _, right = np.linalg.svd(table - table.mean(axis=0), full_matrices=False)
    np.testing.assert_allclose(np.abs(components @ right[:4].T), np.eye(4), atol=1e-9)
    np.testing.assert_allclose(mean, table.mean(axis=0))
    assert (np.abs(components).max(axis=1) == components.max(axis=1)).all()


def test_what_does_not_vary_is_no_component() -> None:
    components, _ = principal_components(np.outer(RNG.standard_normal(20), [3.0, -4.0, 0.0]), 2)
    np.testing.assert_allclose(components, [[-0.6, 0.8, 0], [0, 0, 0]], atol=1e-9)


def test_pca_sees_the_training_split_alone(data: Path) -> None:
    """Its codes there are uncorrelated, of falling variance and mean 0."""
    images = load(data / "d.json", None, torch.device("cpu"))
    run = Run.from_fields(FIELDS | {"kind": "pca", "latent_size": 4})
    rows = split_rows(96)["train"]
    codes = []
    for changed in (False, True):
        if changed:
            others = np.setdiff1d(np.arange(96), rows)
            images.pixels[others] = images.white - images.pixels[others]
        networks = networks_of(run, images)
        training.fit(run, networks, images, rows)
        codes.append(encode(networks["pca"], images)[rows].astype(float))
    np.testing.assert_array_equal(codes[0], codes[1])
    covariance = np.cov(codes[0].T)
    assert (np.diff(np.diag(covariance)) < 0).all()
    np.testing.assert_allclose(covariance, np.diag(np.diag(covariance)), atol=1e-6)
    np.testing.assert_allclose(codes[0].mean(axis=0), 0, atol=1e-5)


@pytest.mark.parametrize("varied", [True, False])
def test_standardised_random_codes_have_mean_0_and_deviation_1(data: Path, varied: bool) -> None:
    """On the training split, from which they come; other images get the same scale and shift."""
    images = load(data / "d.json", None, torch.device("cpu"))
    if not varied:
        images.pixels[:] = images.pixels[:1].clone()
    rows, fields = split_rows(96)["train"], FIELDS | {"kind": "random"}
    codes = {}
    for scaling in ("raw", "standardised"):
        run = Run.from_fields(fields | {"scaling": scaling})
        networks = networks_of(run, images)
        training.fit(run, networks, images, rows)
        codes[scaling] = encode(networks["random"], images).astype(float)
    raw, own = codes.values()
    if not varied:
        np.testing.assert_allclose(own, 0, atol=1e-6)
        return
    np.testing.assert_allclose(own[rows].mean(axis=0), 0, atol=1e-4)
    np.testing.assert_allclose(own[rows].std(axis=0), 1, rtol=1e-4)
    expected = (raw - raw[rows].mean(axis=0)) / raw[rows].std(axis=0)
    np.testing.assert_allclose(own, expected, atol=1e-3)


def test_standardised_relu_codes_are_refused() -> None:
    wanted = {"kind": "random", "scaling": "standardised", "latent_activation": "relu"}
    with pytest.raises(ConfigError, match="relu codes can't have mean 0"):
        Run.from_fields(FIELDS | wanted)


def test_more_components_than_there_are_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"have 19 principal components at most"):
        Run.from_fields(FIELDS | {"kind": "pca", "latent_size": 20, "fit_images": 20})
