"""Table 4 and Figures 6 and 7: errors of decoders averaged and beside the published, images in
their places.
"""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from helpers.stage_results import examples

from mtdis.artifacts.stages import StageResult
from mtdis.reporting.drawing.mosaics import gap, mosaic
from mtdis.reporting.figures import figure6, figure7
from mtdis.reporting.summaries.stage_networks import blocks, heading
from mtdis.reporting.tables import table4
from mtdis.specs.ids import identify
from mtdis.specs.stage import Stage


def result_of(
    kind: str, network: str, seed: int, errors: dict[str, float], **changes: Any
) -> StageResult:
    """As of a decoder with these errors on the test split; none: it diverged."""
    run = {"kind": kind, "dataset": "dsprites_rendered", "seed": seed}
    stage = Stage.from_fields({"stage": "decoder", "parent": run, "network": network} | changes)
    rows = [
        {"metric": "reconstruction", "key": key, "value": value} for key, value in errors.items()
    ]
    return StageResult(identify(stage), stage.resolved(), rows, {}, not errors)


def lines_of(results: list[StageResult]) -> dict[tuple[str, str, str], dict[str, Any]]:
    table = table4.make(pd.DataFrame(), results)
    return {(line["row"], line["key"], line["settings"]): line for line in table.to_dict("records")}


def test_table_4_averages_the_networks_of_a_seed_and_then_the_seeds() -> None:
    singles = [("task1", 1, 0.1), ("task2", 1, 0.3), ("task1", 2, 0.6)]
    results = [
        result_of("single_task", name, seed, {"mse": e, "bce_sum": 100 * e})
        for name, seed, e in singles
    ]
    line = lines_of(results)["single_task", "mse", ""]
    assert (line["mean"], line["n"], line["diverged"]) == (pytest.approx(0.4), 2, 0)
    assert line["sd"] == pytest.approx(0.4 / 2**0.5)
    assert lines_of(results)["single_task", "bce_sum", ""]["mean"] == pytest.approx(40)


def test_table_4_counts_what_diverged_and_keeps_settings_apart() -> None:
    sound = [result_of("random", "random", seed, {"mse": 0.5, "bce_sum": 5.0}) for seed in (1, 2)]
    other = result_of("random", "random", 1, {"mse": 0.25, "bce_sum": 7.0}, loss="bce")
    lines = lines_of(
        [
            *sound,
            other,
            result_of("random", "random", 3, {}),
            result_of("multi_head", "multi_head", 1, {}),
        ]
    )
    line = lines["random", "mse", ""]
    assert (line["mean"], line["n"], line["diverged"]) == (0.5, 2, 1)
    assert lines["random", "bce_sum", "loss=bce"]["mean"] == 7.0
    line = lines["multi_head", "bce_sum", ""]
    assert (line["n"], line["diverged"], line["published_mean"]) == (0, 1, 35.97)


def test_table_4_has_the_published_error_in_its_reading_only() -> None:
    line = lines_of([result_of("random", "random", 1, {"mse": 0.5, "bce_sum": 5.0})])
    assert line["random", "bce_sum", ""]["published_mean"] == 308.04
    assert np.isnan(line["random", "mse", ""]["published_mean"])
    note = line["random", "bce_sum", ""]["note"]
    assert note.startswith(
        "stands for dSprites; read as the binary cross-entropy summed over an image"
    )
    assert np.isnan(
        line["random", "bce_sum", ""]["difference"]
    )  # another dataset: no difference is taken


def test_table_4_says_in_what_a_decoder_is_unlike_the_papers() -> None:
    errors = {"mse": 0.5, "bce_sum": 5.0}
    lines = lines_of([result_of("random", "random", 1, errors, epochs=30, images=4)])
    note = lines["random", "bce_sum", "epochs=30, images=4"]["note"]
    assert note.split("; ")[1] == "unlike the paper: decoder.epochs=30"


def test_a_mosaic_has_each_image_in_its_place() -> None:
    grey = np.arange(8, dtype=np.uint8).reshape(2, 2, 2, 1)
    colours = np.arange(24, dtype=np.uint8).reshape(2, 2, 2, 3)
    picture = mosaic([grey, None, colours], 2, 3)
    assert picture.shape == (8, 8, 3)
    assert gap(2) == 1
    np.testing.assert_array_equal(picture[:2, 3:5], np.repeat(grey[1], 3, axis=2))
    np.testing.assert_array_equal(picture[6:, :2], colours[0])
    assert (picture[2:6] == 255).all()  # two gaps and a line without images
    assert (picture[:, 6:] == 255).all()


@pytest.mark.parametrize(("channels", "shown"), [(2, [90, 90, 90]), (4, [90, 130, 170])])
def test_a_mosaic_shows_transparency_before_white(channels: int, shown: list[int]) -> None:
    opaque = [90, 255] if channels == 2 else [90, 130, 170, 255]
    images = np.full((3, 2, 2, channels), opaque, np.uint8)
    images[1, ..., -1], images[2, ..., -1] = 0, 51  # not at all, and a fifth
    picture = mosaic([images], 2, 3)
    assert (picture[:, :2] == shown).all()
    assert (picture[:, 3:5] == 255).all()
    np.testing.assert_array_equal(picture[0, 6], np.round(0.2 * np.array(shown) + 0.8 * 255))


def test_a_title_breaks_after_commas_only() -> None:
    title = heading(["dsprites_rendered", "head_layers=64 64, seed 1", "n = 8 test images"], 30)
    assert title == "dsprites_rendered,\nhead_layers=64 64, seed 1,\nn = 8 test images"


def test_figure_6_shows_inputs_once_and_a_line_per_network() -> None:
    [axes] = figure6.draw(pd.DataFrame(), examples("decoder")[:4]).axes
    labels = [label.get_text() for label in axes.get_yticklabels()]
    assert labels == [
        "input",
        "random",
        "single-task,\ntask 1",
        "single-task,\ntask 2",
        "multi-head",
    ]
    shown = np.asarray(axes.get_images()[0].get_array())
    inputs = examples("decoder")[0].arrays["inputs"]
    np.testing.assert_array_equal(shown[:8, :8], np.repeat(inputs[0], 3, axis=2))
    reconstructions = examples("decoder")[3].arrays["reconstructions"]
    np.testing.assert_array_equal(shown[36:44, 9:17], np.repeat(reconstructions[1], 3, axis=2))


def test_figure_7_shows_a_few_of_many_offsets_and_names_its_unit() -> None:
    first = examples("traversal")[0]
    arrays = dict(first.arrays) | {
        "frames": np.repeat(first.arrays["frames"], 3, axis=1),
        "offsets": np.linspace(-3, 3, 63),
    }
    [axes] = figure7.draw(pd.DataFrame(), [StageResult(first.id, first.spec, [], arrays)]).axes
    assert axes.get_xlabel() == "offset from the image's code (raw units)"
    assert [label.get_text() for label in axes.get_xticklabels()][::4] == ["-3", "3"]
    assert [label.get_text() for label in axes.get_yticklabels()][:3] == [
        "input",
        "reconstruction",
        "code 1",
    ]
    assert np.asarray(axes.get_images()[0].get_array()).shape[1] == 11 * 9 - 1


def test_traversals_through_decoders_of_unlike_settings_are_shown_apart() -> None:
    first = examples("traversal")[0]
    bce = first.spec["parent"] | {"loss": "bce"}
    other = StageResult("other", first.spec | {"parent": bce}, [], first.arrays)
    titles = [block.title for block in blocks([first, other])]
    assert titles == [
        "dSprites (rendered), seed 1",
        "dSprites (rendered), decoder: loss = bce, seed 1",
    ]


def test_blocks_stand_in_the_papers_order_of_datasets() -> None:
    names = ["dsprites_rendered", "shapes3d_rendered", "mpi3d_real_rendered"]
    runs = [
        {"kind": "random", "dataset": name, "seed": seed}
        for name in sorted(names)
        for seed in (2, 1)
    ]
    stages = [
        Stage.from_fields({"stage": "decoder", "parent": run, "network": "random"}) for run in runs
    ]
    results = [StageResult(identify(stage), stage.resolved(), [], {}, True) for stage in stages]
    assert [block.title for block in blocks(results)] == [
        f"{name} (rendered), seed {seed}"
        for name in ("dSprites", "Shapes3D", "MPI3D-real")
        for seed in (1, 2)
    ]
