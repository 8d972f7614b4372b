"""The variants of dSprites: their generator against published answers, their draws against the
stated distributions.
"""

from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import kstest, spearmanr

from mtdis.data.factors import kept_rows
from mtdis.data.rendering import dsprites_color, dsprites_noisy, dsprites_scream_free
from mtdis.data.rendering.dsprites_scream_free import FIELD_SIZE, field
from mtdis.data.rendering.sprite_variants import philox, uniforms
from mtdis.specs.dataset import Dataset

VARIANTS = ("dsprites_color_rendered", "dsprites_noisy_rendered", "dsprites_scream_free_rendered")
SUBGRID = {"scale": 3, "orientation": 5, "posX": 4, "posY": 4}
Pixels = NDArray[np.uint8]

every_variant = pytest.mark.parametrize("name", VARIANTS)


def spec_of(name: str, **fields) -> Dataset:
    return Dataset.member(name).parse({"subgrid": SUBGRID} | fields)


def rows_of(name: str, **fields) -> tuple[Pixels, NDArray[np.int64]]:
    """Images and factors of a spec."""
    chunks = import_module(f"mtdis.data.datasets.{name}").chunks(spec_of(name, **fields), Path())
    images, factors, _ = (np.concatenate(parts) for parts in zip(*chunks, strict=True))
    return images, factors


def sprites(**fields) -> NDArray[np.bool_]:
    """Where the sprites of the plain dataset are (n, S, S)."""
    return rows_of("dsprites_rendered", **fields)[0][..., 0] == 1


# ---- the generator


@pytest.mark.parametrize(
    ("counter", "key", "expected"),
    [
        (
            "00000000 00000000 00000000 00000000",
            "00000000 00000000",
            "6627e8d5 e169c58d bc57ac4c 9b00dbd8",
        ),
        (
            "ffffffff ffffffff ffffffff ffffffff",
            "ffffffff ffffffff",
            "408f276d 41c83b0e a20bc7c6 6d5451fd",
        ),
        (
            "243f6a88 85a308d3 13198a2e 03707344",
            "a4093822 299f31d0",
            "d16cfe09 94fdcceb 5001e420 24126ea1",
        ),
    ],
)
def test_philox_gives_the_known_answers_of_random123(counter: str, key: str, expected: str) -> None:
    given = (tuple(np.uint64(int(word, 16)) for word in text.split()) for text in (counter, key))
    assert [f"{int(word):08x}" for word in philox(*given)] == expected.split()


def test_draws_are_uniform_and_neighbours_have_nothing_in_common() -> None:
    key = np.uint64(1), np.uint64(2)
    draws = np.array([[uniforms(row, number, key) for number in range(20)] for row in range(500)])
    assert kstest(draws.ravel(), "uniform").pvalue > 0.001
    for one, other in (
        (draws[1:], draws[:-1]),
        (draws[:, 1:], draws[:, :-1]),
        (draws[..., 1:], draws[..., :-1]),
    ):
        assert abs(spearmanr(one.ravel(), other.ravel()).statistic) < 4 / np.sqrt(one.size)


# ---- what is drawn


def colours() -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """The colour of each sprite (n, 3), in 0..1, and the factors."""
    images, factors = rows_of("dsprites_color_rendered")
    return images.max(axis=(1, 2)) / 255, factors


def test_a_sprite_has_one_colour_and_stands_on_black() -> None:
    images, _ = rows_of("dsprites_color_rendered")
    where = sprites()
    assert not images[~where].any()
    assert all(
        len(np.unique(image[mask], axis=0)) == 1 for image, mask in zip(images, where, strict=True)
    )


def test_colours_are_uniform_in_the_upper_half() -> None:
    found, _ = colours()
    for channel in found.T:
        assert kstest(channel, "uniform", args=(0.5, 0.5)).pvalue > 0.001
    assert np.abs(np.corrcoef(found.T) - np.eye(3)).max() < 4 / np.sqrt(len(found))


def test_colours_do_not_depend_on_the_factors() -> None:
    found, factors = colours()
    varying = factors[:, factors.max(axis=0) > 0]
    related = np.abs(spearmanr(np.hstack([found, varying])).statistic[:3, 3:])
    assert related.max() < 4 / np.sqrt(len(found))


def test_noise_is_uniform_and_lightens_no_sprite() -> None:
    images, _ = rows_of("dsprites_noisy_rendered")
    where = sprites()
    assert (images[where] == 255).all()
    behind = images[~where].astype(float)
    assert behind.mean() / 255 == pytest.approx(0.5, abs=4 * 0.2887 / np.sqrt(behind.size))
    counts = np.bincount(behind.astype(int).ravel(), minlength=256)
    expected = (
        behind.size / 255 * np.array([0.5, *[1] * 254, 0.5])
    )  # the outer bytes are half as wide
    assert ((counts - expected) ** 2 / expected).sum() < 255 + 4 * np.sqrt(2 * 255)


def test_noise_differs_between_images_pixels_and_channels() -> None:
    noise = dsprites_noisy.paint(np.zeros((200, 8, 8), np.uint8), np.arange(200), 0).astype(float)
    columns = noise.reshape(200, -1)
    related = np.abs(np.corrcoef(columns.T) - np.eye(columns.shape[1]))
    assert related.max() < 6 / np.sqrt(200)
    assert len(np.unique(columns, axis=0)) == 200


def backgrounds(size: int, count: int) -> NDArray[np.float64]:
    """Backgrounds without a sprite (count, size, size, 3) in 0..1."""
    none = np.zeros((count, size, size), np.uint8)
    return dsprites_scream_free.paint(none, np.arange(count), 0) / 255


def test_the_sprite_inverts_its_background() -> None:
    rows = kept_rows(spec_of("dsprites_scream_free_rendered"))
    images, _ = rows_of("dsprites_scream_free_rendered")
    where = sprites()
    behind = dsprites_scream_free.paint(np.zeros_like(where, dtype=np.uint8), rows, 0)
    assert np.array_equal(images[~where], behind[~where])
    assert np.array_equal(images[where], 255 - behind[where])


def test_a_background_is_the_mean_of_a_patch_and_one_colour() -> None:
    picture = field(64) / 255
    for behind in backgrounds(64, 20):
        top, left = _most_alike(picture, behind)
        colour = 2 * behind - picture[top : top + 64, left : left + 64]
        assert np.ptp(colour, axis=(0, 1)).max() < 0.01, "one colour, but for the rounding of bytes"
        assert colour.min() > -0.01
        assert colour.max() < 1.01


def _most_alike(picture: NDArray[np.float64], behind: NDArray[np.float64]) -> tuple[int, ...]:
    """Corner of the patch whose differences between nine pixels are twice those of a background."""
    last = picture.shape[0] - 64, picture.shape[1] - 64
    points = [(down, right) for down in (0, 31, 63) for right in (0, 31, 63)]
    there = np.stack([picture[d : d + last[0] + 1, r : r + last[1] + 1] for d, r in points])
    here = 2 * np.stack([behind[point] for point in points])[:, np.newaxis, np.newaxis]
    apart = np.ptp(here - there, axis=0).max(axis=-1)
    return tuple(map(int, np.unravel_index(apart.argmin(), apart.shape)))


@pytest.mark.slow
def test_tints_are_uniform() -> None:
    tints = 2 * backgrounds(64, 3000).mean(axis=(1, 2)) - 2 * _expected_half_patch()
    assert tints.mean(axis=0) == pytest.approx([0.5] * 3, abs=0.03)
    assert tints.std(axis=0) == pytest.approx(np.sqrt(1 / 12 + _patch_variance()), rel=0.05)


def _patch_means() -> NDArray[np.float64]:
    """The mean of every 64×64 patch of the field (patches, 3)."""
    windows = np.lib.stride_tricks.sliding_window_view(field(64) / 255, (64, 64), axis=(0, 1))
    return windows[::7, ::7].mean(axis=(-2, -1)).reshape(-1, 3)


def _expected_half_patch() -> NDArray[np.float64]:
    return _patch_means().mean(axis=0) / 2


def _patch_variance() -> NDArray[np.float64]:
    return _patch_means().var(axis=0)


def test_the_field_is_smooth_many_coloured_and_as_large_as_the_painting() -> None:
    picture = field(64).astype(float)
    assert picture.shape == (*FIELD_SIZE, 3)
    assert picture.min(axis=(0, 1)).tolist() == [0] * 3
    assert picture.max(axis=(0, 1)).tolist() == [255] * 3
    assert max(np.abs(np.diff(picture, axis=axis)).max() for axis in (0, 1)) < 40
    assert np.abs(np.corrcoef(picture.reshape(-1, 3).T) - np.eye(3)).max() < 0.5


@pytest.mark.parametrize("size", [8, 16, 32])
def test_a_smaller_image_shows_the_same_part_of_the_field(size: int) -> None:
    small, large = backgrounds(size, 200), backgrounds(64, 200)
    coarse = large.reshape(200, size, 64 // size, size, 64 // size, 3).mean(axis=(2, 4))
    assert np.abs(small - coarse).mean() < 0.05


# ---- images


@every_variant
def test_sprites_are_those_of_the_plain_dataset(name: str) -> None:
    images, factors = rows_of(name)
    assert np.array_equal(factors, rows_of("dsprites_rendered")[1])
    if name != "dsprites_scream_free_rendered":  # there: test_the_sprite_inverts_its_background
        found = images.any(axis=-1) if "color" in name else (images == 255).all(axis=-1)
        assert np.array_equal(found, sprites())


@every_variant
def test_another_noise_seed_gives_other_images_of_the_same_factors(name: str) -> None:
    (one, factors), (other, again) = (rows_of(name, noise_seed=seed) for seed in (0, 1))
    assert np.array_equal(factors, again)
    assert (one != other).any(axis=(1, 2, 3)).all()


@every_variant
@pytest.mark.parametrize("image_size", [8, 64])
def test_an_image_depends_on_its_place_in_the_full_grid_alone(name: str, image_size: int) -> None:
    """A sub-grid whose classes have other numbers, with a hole and a correlation, shows the same
    images.
    """
    whole, part = (
        spec_of(name, image_size=image_size, **more)
        for more in (
            {},
            {
                "subgrid": SUBGRID | {"orientation": 1},
                "classes": {"shape": [0, 2]},
                "drop": [{"shape": 0, "scale": 0}],
                "correlated": ["posX", "posY"],
                "correlation": 2,
            },
        )
    )
    images, _ = rows_of(name, image_size=image_size)
    module = import_module(f"mtdis.data.datasets.{name}")
    chosen = np.concatenate([chunk[0] for chunk in module.chunks(part, Path())])
    assert 0 < part.count < whole.count
    assert np.array_equal(chosen, images[np.isin(kept_rows(whole), kept_rows(part))])


@pytest.mark.parametrize(
    "paint",
    [
        dsprites_color.paint,
        dsprites_noisy.paint,
        dsprites_scream_free.paint,
    ],
    ids=VARIANTS,
)
def test_order_of_rows_does_not_matter(paint) -> None:
    where, rows = sprites().astype(np.uint8)[:50], np.arange(1000, 1050)
    order = np.random.RandomState(0).permutation(50)
    assert np.array_equal(paint(where[order], rows[order], 3), paint(where, rows, 3)[order])
