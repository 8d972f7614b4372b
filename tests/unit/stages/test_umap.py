"""UMAP of codes: what it must keep apart, its bytes, and what it refuses.

What Figure 5 shows of it.
"""

from hashlib import sha256

import numpy as np
import pytest
from helpers.stage_results import examples
from matplotlib.text import Text

from mtdis.errors import ConfigError
from mtdis.reporting.figures import figure5
from mtdis.stages.umap import embed
from mtdis.study import Study


def codes(rows: int = 120, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(rows, 8)).astype(np.float32)


def digest(array: np.ndarray) -> str:
    return sha256(array.tobytes()).hexdigest()


@pytest.mark.parametrize(("distance", "scale"), [(100.0, 1.0), (100.0, 1e-5)])
def test_clusters_far_apart_stay_apart(distance: float, scale: float) -> None:
    """Whatever the unit of the codes: those of an untrained encoder have a spread of 1e-4."""
    cluster = np.arange(120) % 3
    centres = np.eye(8, dtype=np.float32)[cluster] * distance
    found = embed((codes() + centres) * np.float32(scale), n_neighbors=15, min_dist=0.1, seed=1)
    distances = np.linalg.norm(found[:, None] - found[None], axis=2)
    same = cluster[:, None] == cluster
    assert distances[same].max() < distances[~same].min()


def test_a_seed_repeats_its_bytes_and_another_gives_others() -> None:
    first, again, other = (embed(codes(), 15, 0.1, seed) for seed in (1, 1, 2))
    assert first.shape == (120, 2)
    assert first.dtype == np.float32
    assert digest(first) == digest(again) != digest(other)


def test_the_codes_are_left_as_they_are() -> None:
    given = codes()
    embed(given, 15, 0.1, 1)
    np.testing.assert_array_equal(given, codes())


@pytest.mark.slow
@pytest.mark.parametrize(
    "given",
    [codes(4), codes(20), np.ones((60, 8), np.float32), np.repeat(codes(6), 10, axis=0)],
    ids=["four", "fewer than neighbours", "constant", "duplicates"],
)
def test_degenerate_codes_have_finite_embeddings(given: np.ndarray) -> None:
    found = embed(given, n_neighbors=50, min_dist=0.1, seed=1)
    assert found.shape == (len(given), 2)
    assert np.isfinite(found).all()


def test_what_cannot_be_embedded_is_said() -> None:
    with pytest.raises(ValueError, match=r"3 codes can't be embedded, at least 4"):
        embed(codes(3), 50, 0.1, 1)
    broken = codes()
    broken[7, 2] = np.nan
    with pytest.raises(ValueError, match="1 of 120 codes are not finite"):
        embed(broken, 50, 0.1, 1)


@pytest.mark.parametrize(
    ("posX", "settings", "message"),
    [
        (4, {"n_neighbors": 51, "rows": 51}, "n_neighbors is 51, and 51 images of the test split"),
        (4, {"n_neighbors": 20, "rows": 12}, "others; write n_neighbors: 11 or less"),
        (4, {"n_neighbors": 600}, "each of which has 299 others"),
        (4, {"n_neighbors": 11, "rows": 12}, ""),
        (4, {"rows": 12}, ""),  # the default becomes fewer
    ],
)
def test_more_neighbours_than_rows_are_refused_when_the_study_is_planned(
    posX: int, settings: dict[str, int], message: str
) -> None:
    grid = {"name": "dsprites_rendered", "subgrid": {"posX": posX, "posY": 5, "scale": 1}}
    one = {"kind": "random", "seed": 1, "dataset": grid, "stages": {"umap": settings}}
    config = {"name": "x", "experiments": {"one": one}}
    if not message:
        assert Study.from_config(config).stages
        return
    with pytest.raises(ConfigError, match=f"experiments.one.stages.umap: .*{message}"):
        Study.from_config(config)


def test_too_few_images_are_refused_when_the_study_is_planned() -> None:
    grid = {"name": "dsprites_rendered", "subgrid": {"shape": 1, "posX": 4, "posY": 5, "scale": 1}}
    grid["subgrid"]["orientation"] = 1
    one = {"kind": "random", "seed": 1, "dataset": grid, "stages": {"umap": {}}}
    with pytest.raises(ConfigError, match="the test split has 3 images, and 4 at least"):
        Study.from_config({"name": "x", "experiments": {"one": one}})


# ---- Figure 5


def words(figure) -> list[str]:
    return [text.get_text() for text in figure.findobj(Text) if text.get_text()]


def test_a_panel_per_network_and_varying_factor_in_the_order_of_kinds() -> None:
    stages = [s for s in examples("umap") if s.spec["parent"]["seed"] == 1]
    stages = [s for s in stages if s.spec["parent"].get("learning_rate", 0.001) == 0.001]
    figure = figure5.draw(None, stages[::-1])
    labels = [axes.get_ylabel() for axes in figure.axes if axes.get_ylabel()]
    assert labels == ["random", "single-task,\ntask 1", "multi-head", "VAE"]
    titles = [axes.get_title() for axes in figure.axes if axes.get_title()]
    assert titles == ["shape", "scale", "posX", "posY"] * 4  # orientation has one class
    assert any("seed 1" in text and "n = 300 images" in text for text in words(figure))


def test_points_have_the_colours_of_their_classes() -> None:
    [stage] = [s for s in examples("umap") if s.spec["parent"]["kind"] == "vae"][:1]
    figure = figure5.draw(None, [stage])
    shape = figure.axes[0].collections[0]
    points, shown = (
        [*map(tuple, array)] for array in (shape.get_offsets(), shape.get_facecolors())
    )
    where = dict(zip(points, shown, strict=True))
    embedding, classes = stage.arrays["embedding"], stage.arrays["factors"][:, 0]
    colours = [{where[tuple(point)] for point in embedding[classes == c]} for c in range(3)]
    assert [len(found) for found in colours] == [1, 1, 1]
    assert len(set.union(*colours)) == 3
    bar = figure.axes[-4].images[0].get_array()
    np.testing.assert_allclose([next(iter(found)) for found in colours], bar[0])


def test_a_block_per_variant_and_seed_and_what_diverged_is_said() -> None:
    figure = figure5.draw(None, examples("umap"))
    titles = [text for text in words(figure) if "seed" in text]
    assert len(titles) == 4
    assert words(figure).count("diverged") == 2
    lost = [s for s in examples("umap") if s.diverged]
    assert words(figure5.draw(None, lost)).count("diverged") == len(lost) == 2
