import json

import numpy as np
import pytest
from helpers.places import GENUINE, ROOT
from matplotlib.path import Path as Contour
from numpy.typing import NDArray
from PIL import Image, ImageSequence

from mtdis.data.rendering.dsprites import (
    HALF_HEIGHT,
    HALF_SIDE,
    HALF_WIDTH,
    HEART_HEIGHT,
    HEART_RAISE,
    HEART_WIDTH,
    WHITE,
    render,
)
from mtdis.specs.grids import DSPRITES

GENUINE = GENUINE / "dsprites.gif"
SQUARE, ELLIPSE, HEART = 0, 1, 2
COLOR, SHAPE, SCALE, ORIENTATION, POS_X, POS_Y = range(6)


def raw(classes: NDArray[np.int64]) -> NDArray[np.float64]:
    """Raw values of factor classes (N, 6)."""
    return np.stack(
        [np.array(v)[c] for v, c in zip(DSPRITES.values, classes.T, strict=True)], axis=1
    )


def grid(*, shape=(0, 1, 2), scale=(5,), orientation=(0,), x=(0,), y=(0,)) -> NDArray[np.float64]:
    """Raw values of all combinations of the given classes, last factor fastest."""
    return raw(
        np.array(np.meshgrid([0], shape, scale, orientation, x, y, indexing="ij")).reshape(6, -1).T
    )


def draw(size: int = 64, **classes) -> NDArray[np.uint8]:
    return render(grid(**classes), size)[..., 0]


def areas(images: NDArray[np.uint8]) -> NDArray[np.int64]:
    return images.sum(axis=(1, 2), dtype=np.int64)


def centroid(image: NDArray[np.uint8]) -> NDArray[np.float64]:
    """(x, y) in pixels from the top left corner."""
    return np.argwhere(image).mean(axis=0)[::-1] + 0.5


@pytest.fixture(scope="module")
def sample() -> NDArray[np.float64]:
    """Raw values of every 211th row of the full grid: all classes of all factors occur."""
    return raw(
        np.stack(np.unravel_index(np.arange(0, DSPRITES.count, 211), DSPRITES.sizes), axis=1)
    )


# ---- genuine frames


@pytest.fixture(scope="module")
def mismatches() -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Factor classes (320, 6) of the genuine frames, and the wrong pixels of ours in each."""
    if not GENUINE.exists():
        pytest.skip(f"the genuine frames are not beside the project: {GENUINE} is missing")
    classes = np.array(
        json.loads((ROOT / "tests/data/dsprites_gif_classes.json").read_text())["classes"]
    )
    with Image.open(GENUINE) as gif:
        frames = np.stack([np.array(f.convert("L")) > 127 for f in ImageSequence.Iterator(gif)])
    return classes, (render(raw(classes), 64)[..., 0] != frames).sum(axis=(1, 2))


@pytest.mark.genuine
@pytest.mark.parametrize(
    ("shape", "mean", "worst"), [(SQUARE, 0, 0), (ELLIPSE, 0, 0), (HEART, 0.05, 2), (None, 0.03, 2)]
)
def test_genuine_frames_are_redrawn(mismatches, shape, mean, worst):
    classes, wrong = mismatches
    chosen = wrong if shape is None else wrong[classes[:, SHAPE] == shape]
    assert chosen.mean() <= mean, f"{np.count_nonzero(chosen)} of {len(chosen)} frames differ"
    assert chosen.max() <= worst


# ---- shapes


@pytest.mark.parametrize("scale", range(6))
def test_upright_square_covers_whole_pixels(scale):
    side = round(20 * DSPRITES.values[SCALE][scale])
    assert areas(draw(shape=[SQUARE], scale=[scale])) == side**2


@pytest.mark.parametrize(("shape", "area"), [(SQUARE, 368), (ELLIPSE, 289), (HEART, 225)])
@pytest.mark.parametrize("scale", range(6))
def test_mean_area_grows_with_the_square_of_scale(shape, area, scale):
    images = draw(
        shape=[shape], scale=[scale], orientation=range(39), x=range(0, 32, 5), y=range(0, 32, 5)
    )
    assert areas(images).mean() == pytest.approx(
        area * DSPRITES.values[SCALE][scale] ** 2, rel=0.01
    )


def outline(shape: int) -> NDArray[np.float64]:
    """Points (x, up) of a shape's contour as it is usually written."""
    t = np.linspace(0, 2 * np.pi, 2000)
    if shape == SQUARE:
        return HALF_SIDE * np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)])
    if shape == ELLIPSE:
        return np.stack([HALF_WIDTH * np.cos(t), HALF_HEIGHT * np.sin(t)], axis=1)
    up = 13 * np.cos(t) - 5 * np.cos(2 * t) - 2 * np.cos(3 * t) - np.cos(4 * t)
    return np.stack([HEART_WIDTH * np.sin(t) ** 3, HEART_HEIGHT * up + HEART_RAISE], axis=1)


@pytest.mark.slow
@pytest.mark.parametrize("shape", [SQUARE, ELLIPSE, HEART])
def test_enlarged_shape_is_its_filled_outline(shape):
    pixel = (np.arange(256) + 0.5) / 4 - 32
    centres = np.stack(np.meshgrid(pixel, -pixel), axis=-1).reshape(-1, 2)
    filled = Contour(outline(shape)).contains_points(centres)
    ours = render(np.array([[1, shape + 1, 1, 0, 0.5, 0.5]]), 256).ravel()
    assert np.count_nonzero(ours != filled) <= 2, "more than rounding on the contour"


# ---- factors


def test_pos_x_moves_right():
    x = [centroid(image)[0] for image in draw(shape=[HEART], x=range(32))]
    assert (np.diff(x) > 0.5).all()
    assert x[-1] - x[0] == pytest.approx(32)


def test_pos_y_moves_down():
    y = [centroid(image)[1] for image in draw(shape=[HEART], y=range(32))]
    assert (np.diff(y) > 0.5).all()
    assert y[-1] - y[0] == pytest.approx(32)


def test_heart_stands_on_its_tip():
    assert centroid(draw(shape=[HEART])[0]) == pytest.approx([16, 16 - 1.9], abs=0.1)


@pytest.mark.parametrize("shape", [SQUARE, ELLIPSE, HEART])
@pytest.mark.parametrize("quarter", [1, 2, 3])
def test_orientation_turns_counter_clockwise(shape, quarter):
    upright, turned = (
        render(np.array([[1, shape + 1, 0.8, angle, 0.5, 0.5]]), 64)[0, ..., 0]
        for angle in (0, quarter * np.pi / 2)
    )
    assert np.array_equal(turned, np.rot90(upright, quarter))


def test_first_and_last_orientation_are_the_same_image():
    everywhere = {"scale": range(6), "x": range(32), "y": range(32)}
    assert np.array_equal(draw(orientation=[0], **everywhere), draw(orientation=[39], **everywhere))


def test_no_other_orientations_of_a_large_heart_look_the_same():
    assert len(np.unique(draw(shape=[HEART], orientation=range(40)).reshape(40, -1), axis=0)) == 39


def test_color_is_not_read(sample):
    other = sample.copy()
    other[:, COLOR] = 7
    assert np.array_equal(render(sample, 64), render(other, 64))


# ---- images


def test_images_are_zeros_and_ones(sample):
    images = render(sample, 64)
    assert images.shape == (len(sample), 64, 64, 1)
    assert images.dtype == np.uint8
    assert set(np.unique(images)) == {0, WHITE}


def test_images_never_touch_the_border():
    images = draw(orientation=range(40), x=[0, 31], y=[0, 31])
    inner = images[:, 1:-1, 1:-1]
    assert np.array_equal(areas(inner), areas(images))


def test_mean_density(sample):
    assert render(sample, 64).mean() == pytest.approx(0.042, abs=0.0005)


def test_smaller_images_show_the_same_geometry(sample):
    large, small = render(sample, 64)[..., 0], render(sample, 32)[..., 0]
    assert small.shape == (len(sample), 32, 32)
    assert small.mean() == pytest.approx(large.mean(), rel=0.01)
    shift = [2 * centroid(s) - centroid(b) for s, b in zip(small[::50], large[::50], strict=True)]
    assert np.abs(shift).max() < 1


def test_same_call_same_bytes(sample):
    assert render(sample, 64).tobytes() == render(sample, 64).tobytes()


def test_chunks_equal_the_whole(sample):
    chunks = [render(part, 64) for part in np.array_split(sample, 7)]
    assert np.array_equal(np.concatenate(chunks), render(sample, 64))


def test_no_rows_no_images():
    assert render(np.empty((0, 6)), 64).shape == (0, 64, 64, 1)


# ---- errors


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        (SHAPE, 0, r"shapes .* must be 1, 2 or 3. Got \[0.\]"),
        (SHAPE, 1.5, r"shapes .* must be 1, 2 or 3. Got \[1.5\]"),
        (SCALE, 0, "scales .* must be positive. Got 0.0"),
        (ORIENTATION, np.nan, "must be finite"),
        (POS_X, np.inf, "must be finite"),
    ],
)
def test_refuses_values_that_cannot_be_drawn(column, value, message):
    values = grid(shape=[SQUARE])
    values[0, column] = value
    with pytest.raises(ValueError, match=message):
        render(values, 64)


@pytest.mark.parametrize("shape", [(6,), (2, 5), (2, 7), (1, 2, 6)])
def test_refuses_values_of_another_shape(shape):
    with pytest.raises(ValueError, match=r"must have shape \(N, 6\)"):
        render(np.ones(shape), 64)


def test_refuses_an_empty_image():
    with pytest.raises(ValueError, match=r"'image_size' .* at least 1. Got 0"):
        render(grid(shape=[SQUARE]), 0)
