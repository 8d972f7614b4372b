"""Similarities of codes: what leaves each, closed forms, and the same by other routes."""

import numpy as np
import pytest
from scipy.spatial import procrustes
from sklearn.cross_decomposition import CCA
from sklearn.linear_model import LinearRegression

from mtdis.metrics._linear import whitened
from mtdis.metrics._similarity import SIMILARITIES, similarities

MATCHED = {"matched_pearson", "matched_spearman"}
ORTHOGONAL = {"procrustes", "linear_cka"}
AFFINE = {"mean_cca", "second_from_first", "first_from_second"}


def codes(seed=0, rows=400, columns=4):
    rng = np.random.default_rng(seed)
    return rng.standard_normal((rows, columns)) * rng.uniform(0.5, 2, columns) + 1


def turned(table, seed=1):
    rng = np.random.default_rng(seed)
    return table @ np.linalg.qr(rng.standard_normal((table.shape[1],) * 2))[0]


MAPS = {
    "permuted": lambda table: table[:, [2, 0, 3, 1]] * [-1, 1, -3, 0.1] + 5,
    "turned": lambda table: 3 * turned(table) - 2,
    "mapped": lambda table: table @ np.random.default_rng(2).standard_normal((4, 4)) + 1,
    "bent": lambda table: np.exp(table),
}
LEAVE = {
    "permuted": MATCHED | AFFINE | {"procrustes_white"},
    "turned": ORTHOGONAL | AFFINE | {"procrustes_white"},
    "mapped": AFFINE | {"procrustes_white"},
    "bent": {"matched_spearman"},
}
"""What gives 1 for codes and their image under each map; everything else gives less."""


@pytest.mark.parametrize("name", MAPS)
def test_each_is_1_up_to_its_indeterminacy_and_less_beyond(name):
    found = similarities(codes(), MAPS[name](codes()))
    assert set(LEAVE[name]) <= set(SIMILARITIES)
    assert {key for key, value in found.items() if value > 1 - 1e-9} == LEAVE[name]
    assert all(value <= 1 + 1e-9 for value in found.values())


def test_values_are_those_of_other_libraries():
    first = codes()
    second = np.hstack([first[:, :2], codes(3)]) @ np.random.default_rng(4).standard_normal((6, 4))
    found = similarities(first, second)
    assert found["procrustes"] == pytest.approx(1 - procrustes(first, second)[2])
    assert found["procrustes_white"] == pytest.approx(
        1 - procrustes(whitened(first), whitened(second))[2]
    )
    r2 = LinearRegression().fit(first, second).score(first, second)
    assert found["second_from_first"] == pytest.approx(r2)
    model = CCA(4, max_iter=10_000, tol=1e-12).fit(first, second)
    pairs = zip(*(scores.T for scores in model.transform(first, second)), strict=True)
    wanted = [np.corrcoef(x, y)[0, 1] for x, y in pairs]
    assert found["mean_cca"] == pytest.approx(np.mean(wanted), abs=1e-4)


def test_linear_cka_is_the_correlation_of_the_gram_matrices():
    first, second = codes(rows=50), codes(5, rows=50)[:, :2] + codes(rows=50)[:, :2]
    centre = np.eye(50) - 1 / 50
    one, other = (centre @ table @ table.T @ centre for table in (first, second))
    wanted = (one * other).sum() / np.sqrt((one**2).sum() * (other**2).sum())
    assert similarities(first, second)["linear_cka"] == pytest.approx(wanted)


def test_they_are_symmetric_but_for_the_regressions():
    first, second = codes(), codes(7, columns=2) + codes()[:, :2]
    there, back = similarities(first, second), similarities(second, first)
    assert there["second_from_first"] == back["first_from_second"]
    for name in SIMILARITIES.keys() - {"second_from_first", "first_from_second"}:
        assert there[name] == pytest.approx(back[name])


def test_a_code_without_a_partner_counts_and_a_constant_one_does_not():
    first = codes().astype(np.float32)
    dead = np.insert(first, 1, 0.7, axis=1)
    assert similarities(dead, first) == pytest.approx(similarities(first, first))
    assert similarities(first, first[:, :2])["matched_pearson"] == pytest.approx(0.5, abs=0.05)
    assert set(similarities(first, np.full((400, 3), 0.7)).values()) == {0.0}


def test_independent_codes_are_unlike():
    found = similarities(codes(rows=20_000), codes(9, rows=20_000))
    assert max(found.values()) < 0.03


def test_codes_of_other_images_are_refused():
    with pytest.raises(ValueError, match="400 rows and 300; both must be of the same images"):
        similarities(codes(), codes(rows=300))
