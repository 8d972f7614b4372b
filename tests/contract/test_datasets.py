"""What every rendered dataset must hold: each spec of `mtdis/specs/datasets/` that is one is found
and tested.
"""

from collections import defaultdict
from functools import cache
from importlib import import_module
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from numpy.typing import NDArray

from mtdis.data import chunks as rendered_chunks
from mtdis.discover import members
from mtdis.specs.dataset import Dataset, RenderedGrid

IMAGE_SIZES = (8, 16, 32, 64)
ALIKE = {"dSprites": {"orientation"}}
"""By the published dataset: factors of which some classes look the same. A turned square is a
square.
"""

RENDERED = [name for name in members("datasets") if issubclass(Dataset.member(name), RenderedGrid)]
Rows = tuple[NDArray[np.uint8], NDArray[np.int64], NDArray[np.float64]]


def module(name: str) -> ModuleType:
    return import_module(f"mtdis.data.datasets.{name}")


def spec_of(name: str, **fields) -> RenderedGrid:
    return Dataset.member(name).parse(fields)


def classes_kept(name: str, most: int) -> dict[str, int]:
    """A sub-grid of at most that many classes of each factor."""
    full = Dataset.member(name).full_grid
    return {f: min(most, n) for f, n in zip(full.names, full.sizes, strict=True)}


def rows_of(spec: RenderedGrid) -> Rows:
    chunks = list(module(spec.name()).chunks(spec, Path("there-is-no-such-folder")))
    images, factors, values = (np.concatenate(parts) for parts in zip(*chunks, strict=True))
    return images, factors, values


@cache
def small(name: str, image_size: int = 64) -> Rows:
    """All rows of a grid of two classes of each factor."""
    return rows_of(spec_of(name, subgrid=classes_kept(name, 2), image_size=image_size))


def may_look_alike(name: str) -> set[str]:
    return ALIKE.get(Dataset.member(name).replica_of, set())


def varying(name: str) -> list[str]:
    full = Dataset.member(name).full_grid
    return [f for f, n in zip(full.names, full.sizes, strict=True) if n > 1]


pytestmark = pytest.mark.parametrize("name", RENDERED)


def test_the_replicas_of_the_paper_are_found(name: str) -> None:
    assert {"dsprites_rendered", "shapes3d_rendered"} <= set(RENDERED)
    assert callable(module(name).chunks)
    assert Dataset.member(name).white in (1, 255)


@pytest.mark.slow
@pytest.mark.parametrize("image_size", IMAGE_SIZES)
def test_chunks_are_rows_of_the_spec(name: str, image_size: int) -> None:
    spec = spec_of(name, subgrid=classes_kept(name, 2), image_size=image_size)
    images, factors, values = small(name, image_size)
    assert (
        images.shape
        == (spec.count, *spec.image_shape)
        == (spec.count, image_size, image_size, spec.channels)
    )
    assert factors.shape == values.shape == (spec.count, len(spec.names))
    assert (images.dtype, factors.dtype, values.dtype) == (np.uint8, np.int64, np.float64)
    assert spec.white / 2 < images.max() <= spec.white


def test_rows_are_labelled_in_c_order_with_the_raw_values_of_the_genuine_file(name: str) -> None:
    spec = spec_of(name, subgrid=classes_kept(name, 2))
    _, factors, values = small(name)
    assert np.array_equal(factors, np.indices(spec.sizes).reshape(len(spec.sizes), -1).T)
    for column, (classes, raw) in enumerate(zip(factors.T, values.T, strict=True)):
        assert np.array_equal(raw, np.array(spec.grid.values[column])[classes])
        assert set(raw) <= set(spec.full_grid.values[column])


def test_chunking_does_not_change_bytes(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = spec_of(name, subgrid=classes_kept(name, 2))
    monkeypatch.setattr(rendered_chunks, "CHUNK", 7)
    chunks = list(module(name).chunks(spec, Path()))
    assert [len(images) for images, _, _ in chunks[:-1]] == [7] * (-(-spec.count // 7) - 1)
    for whole, *parts in zip(small(name), *chunks, strict=True):
        assert whole.tobytes() == np.concatenate(parts).tobytes()


def test_same_spec_same_bytes(name: str) -> None:
    again = rows_of(spec_of(name, subgrid=classes_kept(name, 2)))
    assert [a.tobytes() for a in again] == [a.tobytes() for a in small(name)]


def test_a_sub_grid_holds_images_of_the_larger_grid(name: str) -> None:
    larger, _, values = small(name)
    for factor in varying(name):
        images, _, kept = rows_of(spec_of(name, subgrid=classes_kept(name, 2) | {factor: 1}))
        column = Dataset.member(name).full_grid.names.index(factor)
        assert np.array_equal(images, larger[values[:, column] == kept[0, column]])


def test_dropped_combinations_are_left_out_and_the_other_images_stay(name: str) -> None:
    first, second = varying(name)[:2]
    spec = spec_of(name, subgrid=classes_kept(name, 2), drop=[{first: 0, second: 0}])
    images, factors, _ = rows_of(spec)
    whole, classes, _ = small(name)
    stays = (classes[:, [spec.names.index(first), spec.names.index(second)]] != 0).any(axis=1)
    assert len(images) == spec.count == 0.75 * len(whole)
    assert np.array_equal(images, whole[stays])
    assert np.array_equal(factors, classes[stays])


def test_no_two_rows_look_the_same_but_those_that_are_known_to(name: str) -> None:
    images, factors, _ = small(name)
    columns = [
        k
        for k, f in enumerate(Dataset.member(name).full_grid.names)
        if f not in may_look_alike(name)
    ]
    seen = defaultdict(set)
    for image, row in zip(images, factors[:, columns].tolist(), strict=True):
        seen[image.tobytes()].add(tuple(row))
    assert [rows for rows in seen.values() if len(rows) > 1] == []


@pytest.mark.parametrize("end", [0, -1])
def test_no_two_classes_of_a_factor_look_the_same_but_those_that_are_known_to(
    name: str, end: int
) -> None:
    full = Dataset.member(name).full_grid
    for factor, size in zip(full.names, full.sizes, strict=True):
        others = {
            f: (range(n)[end],) for f, n in zip(full.names, full.sizes, strict=True) if f != factor
        }
        images, _, _ = rows_of(spec_of(name, classes=others))
        different = len({image.tobytes() for image in images})
        assert different == size or (factor in may_look_alike(name) and different > size / 4), (
            factor
        )


@pytest.mark.parametrize("image_size", IMAGE_SIZES)
def test_each_factor_changes_the_image(name: str, image_size: int) -> None:
    images, factors, _ = small(name, image_size)
    grid = images.reshape(*(factors.max(axis=0) + 1), *images.shape[1:])
    for factor in varying(name):
        one, other = np.moveaxis(grid, Dataset.member(name).full_grid.names.index(factor), 0)
        assert (one != other).any(), factor


def test_images_of_all_sizes_are_as_bright(name: str) -> None:
    brightness = [small(name, size)[0].mean() / Dataset.member(name).white for size in IMAGE_SIZES]
    assert brightness == pytest.approx([brightness[-1]] * len(IMAGE_SIZES), abs=0.02)
