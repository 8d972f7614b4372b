"""Linear maps of codes: what they keep, what they commute with, and closed forms."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.stats import kstest, ortho_group
from sklearn.linear_model import LinearRegression

from mtdis.metrics import FactorTable, factor_table
from mtdis.scoring import transforms

Floats = NDArray[np.float64]


def grid(*sizes: int) -> FactorTable:
    return factor_table(np.indices(sizes).reshape(len(sizes), -1).T)


def some(seed: int, rows: int = 60, columns: int = 4) -> Floats:
    """Correlated codes of different scale."""
    rng = np.random.default_rng(seed)
    scaled = rng.standard_normal((rows, columns)) * np.exp(rng.uniform(-2, 2, columns))
    return scaled @ transforms.rotation(columns, rng) + rng.standard_normal(columns)


def turn(seed: int, dimensions: int = 4) -> Floats:
    return transforms.rotation(dimensions, np.random.default_rng(seed))


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_whitening_commutes_with_rotations(seed: int, other: int) -> None:
    codes, rotation = some(seed), turn(other)
    assert transforms.whitened(codes @ rotation) == pytest.approx(
        transforms.whitened(codes) @ rotation, abs=1e-6
    )


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 10**6))
def test_standardised_white_codes_of_any_scale_are_white_again(seed: int) -> None:
    """Why both nulls are one where an arbitrary basis of white codes was scaled."""
    white = transforms.whitened(some(seed)) @ turn(seed + 1)
    scaled = white * [0.1, 1, 3, 20] + [1, 0, -2, 5]
    assert transforms.standardised(scaled) == pytest.approx(white, abs=1e-8)
    assert transforms.whitened(scaled) == pytest.approx(white, abs=1e-8)


def test_white_codes_have_the_identity_as_covariance_and_stay_near() -> None:
    codes = some(3)
    white = transforms.whitened(codes)
    assert np.cov(white.T, ddof=0) == pytest.approx(np.eye(4), abs=1e-9)
    nearest = np.trace(white.T @ codes)
    assert all(np.trace((white @ turn(seed)).T @ codes) < nearest for seed in range(50))


def test_directions_without_variance_are_left_out_and_axes_stay() -> None:
    codes = some(1)[:, :2] @ np.random.default_rng(0).standard_normal((2, 4))
    white = transforms.whitened(codes)
    values = np.linalg.eigvalsh(np.cov(white.T, ddof=0))
    assert white.shape == codes.shape
    assert values == pytest.approx([0, 0, 1, 1], abs=1e-9)
    assert transforms.whitened(codes @ turn(2)) == pytest.approx(white @ turn(2), abs=1e-6)
    assert transforms.spectrum(codes).rank == 2


def test_constant_codes_are_dropped() -> None:
    codes = np.insert(some(0), [1, 3], 0.7, axis=1).astype(np.float32)
    found = transforms.spectrum(codes)
    assert found.live == (0, 2, 3, 5)
    assert transforms.live(codes).dtype == np.float64
    assert transforms.live(codes) == pytest.approx(some(0).astype(np.float32))
    assert transforms.spectrum(np.ones((5, 2))) == transforms.Spectrum((), 0, 1.0, 0.0)


def test_the_condition_is_that_of_the_covariance() -> None:
    codes = some(4)
    assert transforms.spectrum(codes).condition == pytest.approx(
        np.linalg.cond(np.cov(codes.T, ddof=0)), rel=1e-9
    )


@pytest.mark.parametrize("dimensions", [1, 2, 5])
def test_rotations_are_orthogonal_and_reflect_as_often_as_not(dimensions: int) -> None:
    rng = np.random.default_rng(0)
    found = [transforms.rotation(dimensions, rng) for _ in range(400)]
    for one in found:
        assert one @ one.T == pytest.approx(np.eye(dimensions), abs=1e-12)
    reflections = sum(np.linalg.det(one) < 0 for one in found)
    assert abs(reflections - 200) < 4 * 10  # four standard errors


def test_rotations_are_as_even_as_scipys() -> None:
    """The first entry of a Haar matrix, squared, is Beta(1/2, (d − 1)/2); false alarms: 1 in 1,000
    (stored seed).
    """
    rng = np.random.default_rng(5)
    ours = [transforms.rotation(4, rng)[0, 0] ** 2 for _ in range(1000)]
    theirs = ortho_group.rvs(4, size=1000, random_state=1)[:, 0, 0] ** 2
    assert kstest(ours, "beta", args=(0.5, 1.5)).pvalue > 1e-3
    assert kstest(ours, theirs).pvalue > 1e-3


def follow(codes: Floats, factors: FactorTable) -> float:
    """Sum of the covariances of axis k and factor k."""
    truth = transforms.perfect(factors)
    count = min(codes.shape[1], truth.shape[1])
    return float((codes[:, :count] * truth[:, :count]).sum() / len(codes))


def test_oriented_codes_follow_best_among_their_rotations() -> None:
    factors = grid(3, 4, 5)
    truth = transforms.perfect(factors)
    rng = np.random.default_rng(0)
    codes = truth @ rng.standard_normal((3, 4)) + 0.3 * rng.standard_normal((60, 4))
    white = transforms.whitened(codes)
    oriented = transforms.oriented(white, factors)
    assert np.cov(oriented.T, ddof=0) == pytest.approx(np.eye(4), abs=1e-9)
    best = follow(oriented, factors)
    assert all(follow(oriented @ turn(seed), factors) < best for seed in range(200))


def test_of_rotated_factors_the_factors_are_found_again() -> None:
    factors = grid(3, 4, 5)
    truth = transforms.perfect(factors)
    assert transforms.oriented(truth @ turn(3, 3), factors) == pytest.approx(truth, abs=1e-9)


def test_with_fewer_axes_than_factors_they_follow_those_that_the_codes_know() -> None:
    factors = grid(3, 4, 5)
    truth = transforms.perfect(factors)
    found = transforms.oriented(truth[:, [2, 0]] @ turn(1, 2), factors)
    assert found == pytest.approx(truth[:, [0, 2]], abs=1e-9)


@pytest.mark.parametrize("r", [0.0, 0.3, -0.9, 0.999])
def test_effective_rank_of_two_codes_is_a_closed_form(r: float) -> None:
    """The eigenvalues are 1 ± r, so (Σλ)²/Σλ² = 4 / (2 + 2r²)."""
    white = transforms.whitened(some(0, columns=2))
    codes = np.stack([white[:, 0], r * white[:, 0] + np.sqrt(1 - r * r) * white[:, 1]], axis=1)
    assert transforms.effective_rank(codes * [3, 0.1]) == pytest.approx(2 / (1 + r * r))


@pytest.mark.parametrize("copies", [1, 2, 5])
def test_effective_rank_of_equal_codes_is_one(copies: int) -> None:
    codes = np.repeat(some(0)[:, :1], copies, axis=1) * np.arange(1, copies + 1)
    assert transforms.effective_rank(codes) == pytest.approx(1)


def test_effective_rank_of_uncorrelated_codes_is_their_number() -> None:
    assert transforms.effective_rank(transforms.whitened(some(2)) * [1, 5, 9, 2]) == pytest.approx(
        4
    )


def test_linear_r2_is_sklearns() -> None:
    factors = grid(3, 4, 5)
    truth, rng = factors.classes.astype(float), np.random.default_rng(0)
    codes = truth @ rng.standard_normal((3, 5)) + rng.standard_normal((60, 5))
    found = transforms.linear_r2(codes, factors)
    there = LinearRegression().fit(codes, transforms.perfect(factors))
    back = LinearRegression().fit(truth, transforms.standardised(codes))
    assert found.factors_from_codes == pytest.approx(
        there.score(codes, transforms.perfect(factors))
    )
    assert found.codes_from_factors == pytest.approx(
        back.score(truth, transforms.standardised(codes))
    )
