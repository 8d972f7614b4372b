"""Holes and correlations of a factor grid: which rows stay, against a search through all and the
stated formula.
"""

import json
from math import prod

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from mtdis.data.factors import kept_rows, labels
from mtdis.errors import ConfigError
from mtdis.specs.dataset import Dataset, GridDataset
from mtdis.specs.grids import DSPRITES, MPI3D
from mtdis.specs.ids import full_id, identify

SIZES = dict(zip(DSPRITES.names, DSPRITES.sizes, strict=True))
VARYING = [name for name, size in SIZES.items() if size > 1]


def spec_of(name: str = "dsprites_rendered", **fields) -> GridDataset:
    found = Dataset.member(name).parse(fields)
    assert isinstance(found, GridDataset)
    return found


def full_classes(spec: GridDataset, rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Classes (n, K) of rows, by their index in the full grid."""
    return np.stack(np.unravel_index(rows, spec.full_grid.sizes), axis=1)


@st.composite
def classes_kept(draw) -> dict[str, list[int]]:
    """Two to four classes of each factor, by their index in the full grid."""
    return {
        f: sorted(draw(st.sets(st.integers(0, SIZES[f] - 1), min_size=2, max_size=4)))
        for f in VARYING
    }


@st.composite
def combinations(draw, kept: dict[str, list[int]]) -> list[dict[str, list[int]]]:
    """Up to four combinations of two factors or more that the sub-grid holds."""
    found = []
    for _ in range(draw(st.integers(0, 4))):
        factors = draw(st.lists(st.sampled_from(VARYING), min_size=2, max_size=5, unique=True))
        found.append(
            {
                f: draw(st.lists(st.sampled_from(kept[f]), min_size=1, max_size=2, unique=True))
                for f in factors
            }
        )
    return [
        c for i, c in enumerate(found) if all(_sorted(c) != _sorted(other) for other in found[:i])
    ]


def _sorted(combination: dict[str, list[int]]) -> dict[str, list[int]]:
    return {factor: sorted(classes) for factor, classes in combination.items()}


@st.composite
def holed(draw, correlated: bool | None = None) -> dict[str, object]:
    """Fields of a sub-grid with some combinations dropped, and a correlation or none."""
    kept = draw(classes_kept())
    fields = {"classes": kept, "drop": draw(combinations(kept))}
    if draw(st.booleans()) if correlated is None else correlated:
        tied = draw(st.lists(st.sampled_from(VARYING), min_size=2, max_size=2, unique=True))
        strength = draw(st.floats(-4, 4).filter(bool))
        fields |= {
            "correlated": tied,
            "correlation": strength,
            "correlation_seed": draw(st.integers(0, 2**32 - 1)),
        }
    return fields


def possible(fields: dict[str, object]) -> tuple[GridDataset, NDArray[np.int64]]:
    """The spec and its rows, unless a class is lost, which other tests are about."""
    try:
        spec = spec_of(**fields)
        return spec, kept_rows(spec)
    except ConfigError as error:
        assume("no image" not in str(error))
        raise


def left_by_search(spec: GridDataset, drop: list[dict[str, list[int]]]) -> list[int]:
    """Rows of the full grid that a reader of the settings would keep, correlation aside: looked at
    one by one.
    """
    kept = [np.array(c) for c in spec.kept_classes]
    every = np.stack([a.ravel() for a in np.meshgrid(*kept, indexing="ij")], axis=1)
    stays = [
        not any(
            all(row[spec.names.index(f)] in classes for f, classes in combination.items())
            for combination in drop
        )
        for row in every.tolist()
    ]
    return np.ravel_multi_index(tuple(every[stays].T), spec.full_grid.sizes).tolist()


some = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])


# ---- rows


@some
@given(holed(correlated=False))
def test_all_rows_stay_but_the_dropped_combinations(fields) -> None:
    spec, rows = possible(fields)
    assert rows.tolist() == left_by_search(spec, fields["drop"])
    assert spec.complete == (len(rows) == prod(spec.sizes))


@some
@given(holed())
def test_a_spec_knows_how_many_rows_it_has(fields) -> None:
    spec, rows = possible(fields)
    assert spec.count == len(rows)
    assert rows.dtype == np.int64
    assert (np.diff(rows) > 0).all()
    assert set(rows) <= set(left_by_search(spec, fields["drop"]))


@some
@given(holed())
def test_labels_are_the_classes_in_the_sub_grid_and_the_raw_values(fields) -> None:
    spec, rows = possible(fields)
    classes, values = labels(spec, rows)
    expected = full_classes(spec, rows)
    for k, (kept, raw) in enumerate(zip(spec.kept_classes, DSPRITES.values, strict=True)):
        assert np.array_equal(np.array(kept)[classes[:, k]], expected[:, k])
        assert np.array_equal(np.array(raw)[expected[:, k]], values[:, k])
        assert set(classes[:, k]) == set(range(spec.sizes[k])), "each class is there"


def test_classes_are_counted_in_the_full_grid() -> None:
    spec = spec_of(
        "mpi3d_toy_rendered",
        subgrid={"horizontal_axis": 4, "vertical_axis": 2},
        drop=[{"object_shape": [0, 1], "horizontal_axis": 10}],
    )
    found = full_classes(spec, kept_rows(spec))
    shape, axis = MPI3D.names.index("object_shape"), MPI3D.names.index("horizontal_axis")
    assert set(found[:, axis]) == {0, 10, 20, 30}
    assert set(found[found[:, axis] == 10, shape]) == {2, 3, 4, 5}
    assert spec.count == len(found) == (6 * 4 - 2) * 6 * 2 * 3 * 3 * 2


def test_the_full_grids_are_counted_at_once_and_rightly() -> None:
    """Each factor named by a combination: counted by cases, for 737,280 images looked at one by one
    take seconds.
    """
    drop = [{f: [k % SIZES[f], (k + 1) % SIZES[f]] for f in VARYING} for k in range(6)]
    spec = spec_of(drop=drop, correlated=["posX", "posY"], correlation=2.5)
    assert spec.count == len(kept_rows(spec))


# ---- correlation

GRID = {"subgrid": {"orientation": 20, "posX": 16, "posY": 16}}


def joint(spec: GridDataset) -> NDArray[np.float64]:
    """Number of images for each pair of classes of posX and posY."""
    classes, _ = labels(spec, kept_rows(spec))
    counts = np.zeros((spec.sizes[4], spec.sizes[5]))
    np.add.at(counts, (classes[:, 4], classes[:, 5]), 1)
    return counts


def density(sizes: tuple[int, int], sigma: float, opposed: bool) -> NDArray[np.float64]:
    """Träuble et al. 2021, equation 1, of factors scaled to 0..1: exp(-(a - b)²/(2 sigma²)), 1 at
    most.
    """
    a, b = np.linspace(0, 1, sizes[0])[:, np.newaxis], np.linspace(0, 1, sizes[1])
    return np.exp(-((a - (1 - b if opposed else b)) ** 2) / (2 * sigma**2))


@pytest.mark.parametrize("sizes", [(16, 16), (32, 8)])
@pytest.mark.parametrize("correlation", [1, 2.5, 5, -2.5])
def test_the_pair_occurs_as_the_formula_says(correlation: float, sizes: tuple[int, int]) -> None:
    subgrid = {"orientation": 20, "posX": sizes[0], "posY": sizes[1]}
    spec = spec_of(subgrid=subgrid, correlated=["posX", "posY"], correlation=correlation)
    expected = 3 * 6 * 20 * density(sizes, 1 / abs(correlation), opposed=correlation < 0)
    assert np.abs(joint(spec) - expected).max() <= 0.5


@pytest.mark.parametrize("correlation", [1, 2.5, 5, -5])
def test_pearson_correlation_is_that_of_the_density(correlation: float) -> None:
    spec = spec_of(**GRID, correlated=["posX", "posY"], correlation=correlation)
    _, values = labels(spec, kept_rows(spec))
    p = density((16, 16), 1 / abs(correlation), opposed=correlation < 0)
    p /= p.sum()
    a = np.linspace(0, 1, 16)
    mean, second = a @ p.sum(axis=1), a**2 @ p.sum(axis=1)
    expected = (a @ p @ a - mean**2) / (second - mean**2)
    assert np.corrcoef(values[:, 4], values[:, 5])[0, 1] == pytest.approx(expected, abs=0.002)
    assert np.sign(expected) == np.sign(correlation)


def test_the_other_factors_stay_uniform_and_independent() -> None:
    spec = spec_of(**GRID, correlated=["posX", "posY"], correlation=5)
    classes, _ = labels(spec, kept_rows(spec))
    for factor in (1, 2, 3):
        counts = np.bincount(classes[:, factor])
        assert np.abs(counts - counts.mean()).max() < 4 * np.sqrt(counts.mean())
        for tied in (4, 5):
            assert abs(np.corrcoef(classes[:, factor], classes[:, tied])[0, 1]) < 4 / np.sqrt(
                len(classes)
            )


def test_a_correlation_leaves_its_share_of_what_is_not_dropped() -> None:
    fields = GRID | {"correlated": ["posX", "posY"], "correlation": 2.5}
    whole, holed_too = (
        joint(spec_of(**fields)),
        joint(spec_of(**fields, drop=[{"shape": 0, "posX": 0}])),
    )
    assert np.array_equal(whole[1:], holed_too[1:])
    assert np.abs(holed_too[0] - whole[0] * 2 / 3).max() <= 1


def test_a_seed_chooses_the_images_and_nothing_else() -> None:
    one, same, other = (
        spec_of(**GRID, correlated=["posX", "posY"], correlation=5, correlation_seed=seed)
        for seed in (0, 0, 1)
    )
    assert np.array_equal(kept_rows(one), kept_rows(same))
    assert np.array_equal(joint(one), joint(other))
    assert len(np.setdiff1d(kept_rows(one), kept_rows(other))) > 0.1 * one.count


# ---- identity


@some
@given(holed())
def test_a_spec_parses_back_from_its_settings(fields) -> None:
    spec, _ = possible(fields)
    assert (
        type(spec).parse(
            {k: v for k, v in json.loads(json.dumps(spec.resolved())).items() if k != "name"}
        )
        == spec
    )
    assert type(spec).parse({k: v for k, v in spec.elided().items() if k != "name"}) == spec


@pytest.mark.slow
@some
@given(holed(), holed())
def test_two_specs_share_an_id_only_if_they_are_equal(one, other) -> None:
    (first, _), (second, _) = possible(one), possible(other)
    assert (full_id(first) == full_id(second)) == (first == second)


@pytest.mark.parametrize(
    "drop",
    [
        [{"shape": 0, "scale": [4, 5]}, {"posX": 1, "shape": 2}],
        [{"shape": 2, "posX": 1}, {"scale": [5, 4, 4], "shape": [0]}],
        ({"scale": (4, 5), "shape": 0}, {"posX": [1], "shape": [2]}),
        ["shape.2-posX.1", "scale.5.4-shape.0"],
    ],
)
def test_combinations_of_one_meaning_have_one_id(drop: object) -> None:
    assert identify(spec_of(drop=drop)) == identify(
        spec_of(drop=["shape.0-scale.4.5", "shape.2-posX.1"])
    )


def test_one_combination_needs_no_list() -> None:
    assert (
        spec_of(drop={"shape": 0, "scale": 4})
        == spec_of(drop="shape.0-scale.4")
        == spec_of(drop=["shape.0-scale.4"])
    )


@pytest.mark.parametrize("none", [0, 0.0, -0.0, "0", "0.0", "0e0"])
def test_no_correlation_is_the_dataset_without_one(none: object) -> None:
    settings = {"correlated": ["posX", "posY"], "correlation": none, "correlation_seed": 3}
    assert (
        identify(spec_of(**settings))
        == identify(spec_of(correlation_seed=3))
        == identify(spec_of())
    )


def test_the_order_of_correlated_factors_does_not_matter() -> None:
    one, other = (
        spec_of(correlated=pair, correlation=5) for pair in (["posX", "posY"], ["posY", "posX"])
    )
    assert identify(one) == identify(other)


# ---- errors


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"drop": [{"shap": 0}]}, "drop: unknown factor 'shap'. Did you mean 'shape'"),
        ({"drop": [{"shape": 3, "scale": 0}]}, "drop: shape has classes 0 to 2; found 3"),
        ({"drop": [{"shape": -1, "scale": 0}]}, "drop: shape has classes 0 to 2; found -1"),
        ({"drop": [{"shape": True, "scale": 0}]}, "drop: shape has classes 0 to 2; found True"),
        ({"drop": [{"shape": [], "scale": 0}]}, r"drop: shape has classes 0 to 2; found \[\]"),
        ({"drop": [{}]}, "drop: an empty combination would drop every image"),
        ({"drop": ["shape"]}, "drop: shape has classes 0 to 2"),
        ({"drop": ["shape.0-shape.1"]}, "drop: a combination is a mapping such as"),
        ({"drop": ["shape.x"]}, "drop: a combination is a mapping such as"),
        (
            {"drop": [{"shape": 0, "posX": 1}, {"posX": [1], "shape": 0}]},
            "shape.0-posX.1 is dropped twice",
        ),
        ({"drop": [{"shape": 0}]}, "class 0 of shape has no image left; drop fewer combinations"),
        (
            {"drop": [{"shape": 0, "scale": [0, 1, 2]}, {"shape": 0, "scale": [3, 4, 5]}]},
            "class 0 of shape has no",
        ),
        ({"drop": [{"shape": [0, 1, 2]}]}, "class 0 of color has no image left"),
        (
            {"subgrid": {"scale": 2}, "drop": [{"shape": 0, "scale": 5}]},
            "nothing has scale 5.*kept are 0, 3",
        ),
        ({"correlation": 2}, "a correlation ties two factors; name them in correlated"),
        ({"correlated": ["posX"], "correlation": 2}, "a correlation ties two factors"),
        ({"correlated": ["posX", "posX"], "correlation": 2}, "a correlation ties two factors"),
        (
            {"correlated": ["posX", "posY", "scale"], "correlation": 2},
            "a correlation ties two factors",
        ),
        ({"correlated": ["posX", "posZ"], "correlation": 2}, "correlated: unknown factor 'posZ'"),
        ({"correlated": ["posX", "posY"]}, "posX and posY are correlated, but how"),
        ({"correlated": ["color", "posY"], "correlation": 2}, "color has one class here"),
        (
            {"correlated": ["scale", "posX"], "correlation": 100},
            "class 2 of posX has no image left",
        ),
        (
            {"correlated": ["posX", "posY"], "correlation": 101},
            "correlation: input should be less than or equal",
        ),
    ],
)
def test_what_can_not_be_left_out_is_refused(fields: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        spec_of(**fields)


def test_a_class_of_another_factor_that_a_correlation_happens_to_lose_is_named() -> None:
    """Each of 40 orientations has one image for each pair of classes; few pairs stay."""
    classes = {"shape": [0], "scale": [0], "posX": [0, 31], "posY": [0, 31]}
    spec = spec_of(
        classes=classes,
        drop=[
            {"posX": 0, "posY": 0, "orientation": list(range(39))},
            {"posX": 31, "posY": 31, "orientation": list(range(39))},
        ],
        correlated=["posX", "posY"],
        correlation=1.5,
    )
    with pytest.raises(
        ConfigError, match=r"leaves no image of class \d+ of orientation .* correlation_seed"
    ):
        kept_rows(spec)


def test_a_message_that_is_a_sentence_has_one_full_stop() -> None:
    with pytest.raises(ConfigError, match=r"unknown factor 'foo'.*, scale, shape\.$"):
        Dataset.from_fields({"name": "dsprites_rendered", "subgrid": {"foo": 3}})
